import type { AuditEntry } from '@gantry/contract';

type NameOf = (host: string, container: string) => string | undefined;

/** What an entry was done to, as short as a row has room for: without the way to the host, ids of containers as names where they are known. */
export function targetWords({ target, host }: Pick<AuditEntry, 'target' | 'host'>, nameOf: NameOf): string {
  const path = target.replace(/^\/engine\/[0-9a-f-]{36}/, '').replace(/^\/v1\.\d+\//, '/');
  return path.replace(/\b[0-9a-f]{64}\b/g, (id) => (host === undefined ? undefined : nameOf(host, id)) ?? id.slice(0, 12));
}
