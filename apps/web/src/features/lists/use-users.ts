import { computed, type ComputedRef } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { useFleet } from '../../fleet/use-fleet.ts';
import type { FleetRow } from '@gantry/engine-api';

export type UsersOf = ComputedRef<(host: string, name: string) => readonly LiveRow[]>;

const nobody: readonly LiveRow[] = [];

/** Who of the fleet uses what, by the host and whatever a row names (its image's id, its volumes, its networks); kept up with the fleet. */
export function useUsers(namesOf: (row: FleetRow) => readonly string[]): UsersOf {
  const fleet = useFleet();
  const index = computed(() => {
    const found = new Map<string, LiveRow[]>();
    if (fleet.revision.value < 0) return found;
    for (const live of fleet.rows.values()) {
      for (const name of namesOf(live.row)) {
        const place = `${live.row.host}/${name}`;
        const users = found.get(place);
        if (users) users.push(live);
        else found.set(place, [live]);
      }
    }
    return found;
  });
  return computed(() => {
    const users = index.value;
    return (host, name) => users.get(`${host}/${name}`) ?? nobody;
  });
}

export const usersOfImages = (row: FleetRow): readonly string[] => [row.image.id];
export const usersOfVolumes = (row: FleetRow): readonly string[] => row.volumes;
export const usersOfNetworks = (row: FleetRow): readonly string[] => row.networks.map(({ name }) => name);
