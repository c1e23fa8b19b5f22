import type { Route } from '@gantry/engine-api';

const harmlessColumn =
  '(?:pid|ppid|pgid|user|uid|group|gid|comm|stat|state|s|pcpu|%cpu|pmem|%mem|rss|vsz|tty|time|etime|etimes|start|lstart|ni|pri|nlwp)';
const harmlessProcessList = new RegExp(`^(?:|-ef|aux|-e?o\\s*${harmlessColumn}(?:,${harmlessColumn})*)$`);

/** What of a request says whether it shows values. */
export interface Revealing {
  readonly route: Pick<Route, 'name' | 'audited'>;
  readonly query: { readonly values: Readonly<Record<string, unknown>> };
  readonly isReveal?: true;
}

/**
 * Whether a request shows values of a container's variables to whoever sends it, beside what its row is for: other arguments of `ps` than the usual show
 * them (`axe`), and an image that is made of a container has them.
 */
export function isRevealing({ route, query, isReveal }: Revealing): boolean {
  if (isReveal || route.name === 'ImageCommit') return true;
  const { ps_args: args } = query.values;
  return route.name === 'ContainerTop' && !harmlessProcessList.test(typeof args === 'string' ? args.trim() : '');
}
