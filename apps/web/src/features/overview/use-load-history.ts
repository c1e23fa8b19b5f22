import { useIntervalFn } from '@vueuse/core';
import { shallowRef } from 'vue';
import type { Fleet } from '../../fleet/fleet.ts';
import { fleetLoad } from './fleet-load.ts';

const everyMs = 1000;
const kept = 600;
const least = 60;

interface Trail {
  readonly times: readonly number[];
  readonly cpu: readonly (number | null)[];
  readonly memory: readonly (number | null)[];
}

/** An empty minute, so that the first points do not fill the whole width. */
function emptyMinute(): Trail {
  const start = Date.now();
  const nothing = Array.from({ length: least }, () => null);
  return { times: nothing.map((_, index) => start - (least - index) * everyMs), cpu: nothing, memory: nothing };
}

/** Outlives the page, so that coming back to it does not begin again. */
const trail = shallowRef<Trail>();

/** The load of all connected machines since the app was opened, ten minutes at most. */
export function useLoadHistory(fleet: Fleet) {
  const load = shallowRef(fleetLoad(fleet.hosts.values()));

  function tick(): void {
    load.value = fleetLoad(fleet.hosts.values());
    const { cores, usedCores, memoryBytes, memoryTotalBytes } = load.value;
    const { times, cpu, memory } = trail.value ?? emptyMinute();
    const from = times.length < kept && cpu[0] !== null ? 0 : 1;
    trail.value = {
      times: [...times.slice(from), Date.now()],
      cpu: [...cpu.slice(from), cores ? usedCores / cores : null],
      memory: [...memory.slice(from), memoryTotalBytes ? memoryBytes / memoryTotalBytes : null],
    };
  }
  useIntervalFn(tick, everyMs, { immediateCallback: true });
  return { trail, load };
}
