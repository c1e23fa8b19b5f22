import type { Host } from '@gantry/contract';
import { type ComputedRef, shallowRef, watch } from 'vue';

const kept = 600;

/** What a host reported while the page is open, at most ten minutes at one report a second. */
export interface HostTrail {
  readonly times: readonly number[];
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
  readonly receive: readonly number[];
  readonly send: readonly number[];
  readonly read: readonly number[];
  readonly write: readonly number[];
}

export function useHostTrail(host: ComputedRef<Host | undefined>) {
  const trail = shallowRef<HostTrail>({ times: [], cpu: [], memory: [], receive: [], send: [], read: [], write: [] });
  watch(
    () => host.value?.load,
    (load) => {
      if (!load || load.atMs === trail.value.times.at(-1)) return;
      const add = (values: readonly number[], value: number): readonly number[] => [...values, value].slice(-kept);
      const { times, cpu, memory, receive, send, read, write } = trail.value;
      trail.value = {
        times: add(times, load.atMs),
        cpu: add(cpu, load.cpuPermille / 1000),
        memory: add(memory, load.memoryTotalBytes ? load.memoryBytes / load.memoryTotalBytes : 0),
        receive: add(receive, load.receiveBps),
        send: add(send, load.sendBps),
        read: add(read, load.readBps),
        write: add(write, load.writeBps),
      };
    },
    { immediate: true },
  );
  return trail;
}
