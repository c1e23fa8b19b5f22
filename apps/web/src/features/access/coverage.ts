import { reaches, type Resource } from '@gantry/access';
import type { GrantScope, Host, HostGroup } from '@gantry/contract';
import type { FleetRow } from '@gantry/engine-api';
import { hostPlace, readScope } from './access-data.ts';

export interface Covered {
  /** Whole hosts. */
  readonly hosts: readonly Host[];
  /** Containers, also those of whole hosts. */
  readonly containers: readonly FleetRow[];
}

interface Known {
  readonly hosts: readonly Host[];
  readonly rows: readonly FleetRow[];
  readonly groups: readonly HostGroup[];
}

/** What lies in a scope now, of that which the person who looks may see. Undefined for a scope that cannot be read. */
export function coverageOf(wanted: GrantScope, { hosts, rows, groups }: Known): Covered | undefined {
  const scope = readScope(wanted);
  if (!scope) return undefined;
  const places = new Map(hosts.map((host) => [host.id, hostPlace(host, groups)]));
  return {
    hosts: hosts.filter((host) => {
      const place = places.get(host.id);
      return place !== undefined && reaches(scope, place);
    }),
    containers: rows.filter((row) => reaches(scope, containerPlace(row, places.get(row.host)))),
  };
}

/** Labels of the host count before those of the container, as the server decides. */
export function containerPlace(
  { id, host, stack, labels }: Pick<FleetRow, 'id' | 'host' | 'stack' | 'labels'>,
  place: (Resource & { kind: 'host' }) | undefined,
): Resource {
  return {
    ...{ kind: 'container', id, host, groups: place?.groups ?? [], labels: { ...labels, ...place?.labels } },
    ...(stack ? { stack: stack.id } : {}),
  };
}
