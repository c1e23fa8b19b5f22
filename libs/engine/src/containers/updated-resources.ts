import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { LimitSupport } from '@gantry/linux';
import type { HostConfig, Requested, Resources } from './container-config.ts';
import { checkResources, supportedResources } from './check-resources.ts';
import { resourceDefaults } from './host-config.ts';

/** What dockerd takes from a request; anything else in it counts for nothing. */
const numbers = [
  ...(['CpuShares', 'NanoCpus', 'CpuPeriod', 'CpuQuota', 'CpuRealtimePeriod', 'CpuRealtimeRuntime'] as const),
  ...(['Memory', 'MemorySwap', 'MemoryReservation'] as const),
];
const texts = ['CpusetCpus', 'CpusetMems'] as const;

/**
 * Resources as `update` gives them over those that are: 0, '' and absent leave a value as it is; what this machine does not have is left out and warned
 * of. Fails with `invalid` and `conflict` in dockerd's words.
 */
export function updatedResources(
  current: HostConfig,
  requested: Requested<Resources>,
  support: LimitSupport,
): { readonly config: HostConfig; readonly warnings: readonly string[] } {
  const asked = { ...current, ...resourceDefaults, ...withoutNull(requested) };
  checkResources({ ...asked, ...(asked.Memory === 0 && { MemorySwap: 0 }) });
  const { config: possible, warnings } = supportedResources(asked, support);
  checkConflicts(current, requested);
  const given = [...numbers, ...texts].filter((field) => requested[field]);
  const changed = Object.fromEntries(given.map((field) => [field, possible[field]])) as Partial<Resources>;
  const pids = requested.PidsLimit ?? undefined;
  const config = {
    ...current,
    ...changed,
    ...(possible.BlkioWeight !== 0 && { BlkioWeight: possible.BlkioWeight }),
    ...(pids !== undefined && { PidsLimit: Math.max(0, pids) }),
  };
  if (config.MemorySwap > 0 && config.MemorySwap < config.Memory) throw new Failure('invalid', messages.swapBelowMemory);
  return { config, warnings };
}

function checkConflicts(current: Resources, requested: Requested<Resources>): void {
  const isSet = (value: number | null | undefined): boolean => (value ?? 0) > 0;
  if (isSet(requested.NanoCpus) && isSet(current.CpuPeriod))
    throw new Failure('conflict', messages.cpusCannotFollow('Nano CPUs', 'CPU Period'));
  if (isSet(requested.NanoCpus) && isSet(current.CpuQuota))
    throw new Failure('conflict', messages.cpusCannotFollow('Nano CPUs', 'CPU Quota'));
  if (isSet(requested.CpuPeriod) && isSet(current.NanoCpus))
    throw new Failure('conflict', messages.cpusCannotFollow('CPU Period', 'NanoCPUs'));
  if (isSet(requested.CpuQuota) && isSet(current.NanoCpus))
    throw new Failure('conflict', messages.cpusCannotFollow('CPU Quota', 'NanoCPUs'));
  if ((requested.Memory ?? 0) > current.MemorySwap && !requested.MemorySwap && requested.Memory) {
    throw new Failure('conflict', messages.memoryAboveSwap);
  }
}

function withoutNull(requested: Requested<Resources>): Partial<Resources> {
  return Object.fromEntries(Object.entries(requested).filter(([, value]) => value !== null && value !== undefined));
}
