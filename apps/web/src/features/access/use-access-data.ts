import { computed, shallowRef } from 'vue';
import { useSession } from '../../api/session.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useFleet } from '../../fleet/use-fleet.ts';
import { type AccessData, loadAccess, subjectsOf } from './access-data.ts';
import type { ScopeNames } from './access-words.ts';
import { coverageOf } from './coverage.ts';

const nothing: AccessData = { grants: [], roles: [], teams: [], groups: [], users: [] };

/** Grants, roles, teams, groups and people that the person manages, and what they are called; `refresh` asks again. */
export function useAccessData() {
  const session = useSession();
  const fleet = useFleet();
  const revision = shallowRef(0);
  const { answer, failure } = useAnswer(revision, (signal) => loadAccess(session.permissions, signal));
  const data = computed(() => answer.value ?? nothing);
  const subjects = computed(() => subjectsOf(data.value));
  const hosts = computed(() => [...fleet.hosts.values()].sort((a, b) => a.name.localeCompare(b.name)));
  const rows = computed(() => (fleet.revision.value >= 0 ? [...fleet.rows.values()].map(({ row }) => row) : []));
  const names: ScopeNames = {
    host: (id) => fleet.hostName(id),
    group: (id) => data.value.groups.find((group) => group.id === id)?.name ?? id.slice(0, 8),
  };
  const covered = (scope: Parameters<typeof coverageOf>[0]) =>
    coverageOf(scope, { hosts: hosts.value, rows: rows.value, groups: data.value.groups });
  return {
    ...{ data, subjects, hosts, rows, names, covered, failure },
    isLoaded: computed(() => answer.value !== undefined && fleet.isLoaded.value),
    refresh: (): void => {
      revision.value++;
    },
  };
}

export type Access = ReturnType<typeof useAccessData>;
