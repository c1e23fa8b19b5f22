import { useIntervalFn } from '@vueuse/core';
import { shallowRef } from 'vue';
import type { Fleet } from '../../fleet/fleet.ts';
import { fleetLoad } from './fleet-load.ts';

const everyMs = 2000;
const shownMs = 10 * 60_000;
const kept = shownMs / everyMs;

/** The load of all connected machines over the last ten minutes of this page, with an empty axis before it. */
export function useLoadHistory(fleet: Fleet) {
  const start = Date.now();
  const times = shallowRef<readonly number[]>(Array.from({ length: kept }, (_, index) => start - (kept - index) * everyMs));
  const cpu = shallowRef<readonly (number | null)[]>(times.value.map(() => null));
  const memory = shallowRef<readonly (number | null)[]>(times.value.map(() => null));
  const load = shallowRef(fleetLoad(fleet.hosts.values()));

  function tick(): void {
    load.value = fleetLoad(fleet.hosts.values());
    const { cores, usedCores, memoryBytes, memoryTotalBytes } = load.value;
    times.value = [...times.value.slice(1), Date.now()];
    cpu.value = [...cpu.value.slice(1), cores ? usedCores / cores : null];
    memory.value = [...memory.value.slice(1), memoryTotalBytes ? memoryBytes / memoryTotalBytes : null];
  }
  useIntervalFn(tick, everyMs, { immediateCallback: true });
  return { times, cpu, memory, load };
}
