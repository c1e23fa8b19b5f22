import { type Grant, reaches } from '@gantry/access';
import { computed, type ComputedRef } from 'vue';
import { now } from '../../format/now.ts';
import { grantsOf, hostPlace, rightsOf, type Subject } from './access-data.ts';
import { containerPlace } from './coverage.ts';
import type { Column, HostsOfSelector } from './matrix.ts';
import type { Access } from './use-access-data.ts';

export interface MatrixRow {
  readonly subject: Subject;
  readonly grants: readonly Grant[];
}

export interface Matrix {
  readonly rows: ComputedRef<readonly MatrixRow[]>;
  readonly groups: ComputedRef<readonly Column[]>;
  readonly hosts: ComputedRef<readonly Column[]>;
  readonly at: ComputedRef<{ hostsOf: HostsOfSelector; now: Date }>;
}

/** Everybody who may have grants, and every place that is granted, for the matrix. */
export function useMatrix({ data, subjects, hosts, rows }: Access): Matrix {
  const places = computed(() => new Map(hosts.value.map((host) => [host.id, hostPlace(host, data.value.groups)])));
  /** Found once for each selector, for every cell asks. */
  const hostsOf = computed((): HostsOfSelector => {
    const found = new Map<string, ReadonlySet<string>>();
    const search = ({ scope }: Grant): ReadonlySet<string> =>
      new Set(rows.value.filter((row) => reaches(scope, containerPlace(row, places.value.get(row.host)))).map(({ host }) => host));
    return (grant) => {
      const known = found.get(grant.id) ?? search(grant);
      found.set(grant.id, known);
      return known;
    };
  });
  return {
    rows: computed(() =>
      subjects.value.map((subject) => ({ subject, grants: rightsOf(grantsOf(subject, data.value), data.value.roles).grants })),
    ),
    hosts: computed(() =>
      hosts.value.flatMap(({ id, name }) => {
        const place = places.value.get(id);
        return place ? [{ kind: 'host' as const, id, name, place, hosts: [id] }] : [];
      }),
    ),
    groups: computed(() =>
      data.value.groups.map(({ id, name, hosts: members }) => ({
        ...{ kind: 'group' as const, id, name, hosts: members },
        place: { kind: 'host' as const, host: '', groups: [id], labels: {} },
      })),
    ),
    at: computed(() => ({ hostsOf: hostsOf.value, now: new Date(now.value) })),
  };
}
