import { computed, type ComputedRef } from 'vue';
import type { LiveRow } from '../../fleet/live-row.ts';
import { useFleet } from '../../fleet/use-fleet.ts';

/** The containers of a host that are not in a network yet, by name, as choices. */
export function useOutsiders(
  host: () => string,
  isInside: (live: LiveRow) => boolean,
): ComputedRef<{ readonly value: string; readonly label: string }[]> {
  const fleet = useFleet();
  return computed(() =>
    [...fleet.rows.values()]
      .filter((live) => live.row.host === host() && !isInside(live))
      .map(({ row }) => ({ value: row.id, label: row.name }))
      .sort((a, b) => a.label.localeCompare(b.label)),
  );
}
