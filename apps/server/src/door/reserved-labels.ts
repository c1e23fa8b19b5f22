import { Failure } from '@gantry/base';
import type { GuardedCall } from './guarded-call.ts';

const reserved = 'gantry.';

type Labels = Readonly<Record<string, string>>;

interface Body {
  readonly Labels?: Labels | null;
  readonly HostConfig?: { readonly Mounts?: readonly { readonly VolumeOptions?: { readonly Labels?: Labels } }[] };
}

/** Labels below `gantry.` say what Gantry believes of an object; nobody gives them to one by a request of their own (`invalid`). */
export function refuseReservedLabels({ query, body }: Pick<GuardedCall, 'query' | 'body'>): void {
  const { Labels: own, HostConfig } = (body?.value ?? {}) as Body;
  const ofVolumes = (HostConfig?.Mounts ?? []).flatMap(({ VolumeOptions }) => Object.keys(VolumeOptions?.Labels ?? {}));
  const names = [...Object.keys(own ?? {}), ...ofVolumes, ...labelsOf(query.values['labels']), ...ofChanges(query.values['changes'])];
  const found = names.find((name) => name.startsWith(reserved));
  if (found !== undefined) throw new Failure('invalid', `label ${found}: labels below ${reserved} are Gantry's own`);
}

/** Of a build, which has them as JSON in the query. */
function labelsOf(text: string | readonly string[] | undefined): string[] {
  if (typeof text !== 'string' || text === '') return [];
  try {
    return Object.keys((JSON.parse(text) ?? {}) as object);
  } catch (cause) {
    throw new Failure('invalid', 'labels are no JSON object', { cause });
  }
}

/** Of a commit or import: lines of a Dockerfile. Anything in a LABEL line that may be read as such a name counts. */
function ofChanges(lines: string | readonly string[] | undefined): string[] {
  const all = typeof lines === 'string' ? [lines] : (lines ?? []);
  const labels = all.flatMap((text) => text.split('\n')).filter((line) => /^\s*(ONBUILD\s+)?LABEL\s/i.test(line));
  return labels.flatMap((line) => [...line.replace(/[\\"']/g, '').matchAll(/gantry\.[\w.-]*/g)].map(([name]) => name));
}
