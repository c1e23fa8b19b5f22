import { useIntervalFn } from '@vueuse/core';
import { computed, shallowRef } from 'vue';
import { call } from '../../api/call.ts';
import { routes } from '../../api/routes.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { useLoadSeries } from '../../fleet/use-load-series.ts';
import { fleetLoad } from './fleet-load.ts';

const measures = ['cpuPermille', 'memoryBytes', 'memoryTotalBytes'] as const;
const shownMs = 3_600_000;
const everyMs = 1000;
const wholeFleet = '';

/** The load of all machines of the scope together, now and over the last hour. */
export function useFleetHistory(fleet: Fleet, scope: () => string | undefined) {
  const inScope = (): ReturnType<typeof fleetLoad> => {
    const only = scope();
    return fleetLoad([...fleet.hosts.values()].filter(({ id }) => only === undefined || id === only));
  };
  const load = shallowRef(inScope());
  useIntervalFn(() => (load.value = inScope()), everyMs);
  const series = useLoadSeries({
    measures,
    keptMs: shownMs,
    of: () => scope() ?? wholeFleet,
    history: (query) => {
      const host = scope();
      return host === undefined
        ? call(routes.getFleetHistory, { query })
        : call(routes.getHostHistory, { params: { hostId: host }, query });
    },
    sample: () => {
      const { cores, usedCores, memoryBytes, memoryTotalBytes } = load.value;
      return cores ? { atMs: Date.now(), cpuPermille: (usedCores / cores) * 1000, memoryBytes, memoryTotalBytes } : undefined;
    },
  });
  const trail = computed(() => {
    const { times, values } = series.value;
    return {
      times,
      cpu: values.cpuPermille.map((value) => value && value / 1000),
      memory: values.memoryBytes.map((value, at) => value && value / (values.memoryTotalBytes[at] || load.value.memoryTotalBytes)),
    };
  });
  return { load, trail };
}
