import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { LimitSupport } from '@gantry/linux';
import type { HostConfig, Resources } from './container-config.ts';

const smallestMemory = 6 * 1024 * 1024;

/** Limits that cannot be, in dockerd's order and words (moby daemon_unix.go). Fails with `invalid`. */
export function checkResources(config: Resources): void {
  checkMemory(config);
  checkCpu(config);
}

function checkMemory({ Memory, MemorySwap, MemorySwappiness, MemoryReservation }: Resources): void {
  if (Memory !== 0 && Memory < smallestMemory) throw new Failure('invalid', messages.memoryTooSmall);
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) throw new Failure('invalid', messages.swapBelowMemory);
  if (Memory === 0 && MemorySwap > 0) throw new Failure('invalid', messages.swapWithoutMemory);
  if (MemorySwappiness !== null && (MemorySwappiness < -1 || MemorySwappiness > 100))
    throw new Failure('invalid', `Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
  if (MemoryReservation !== 0 && MemoryReservation < smallestMemory)
    throw new Failure('invalid', 'Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > Memory)
    throw new Failure('invalid', 'Minimum memory limit can not be less than memory reservation limit, see usage');
}

function checkCpu(config: Resources): void {
  const { NanoCpus, CpuPeriod, CpuQuota, CpuShares } = config;
  if (CpuShares < 0) throw new Failure('invalid', `invalid CPU shares (${CpuShares}): value must be a positive integer`);
  if (NanoCpus > 0 && CpuPeriod > 0) throw new Failure('invalid', messages.cpusAndPeriod);
  if (NanoCpus > 0 && CpuQuota > 0) throw new Failure('invalid', messages.cpusAndQuota);
  const count = cpus().length;
  if (NanoCpus < 0 || NanoCpus > count * 1e9) throw new Failure('invalid', messages.cpusOutOfRange(count));
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw new Failure('invalid', 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (CpuQuota > 0 && CpuQuota < 1000) throw new Failure('invalid', 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (config.CpuRealtimePeriod !== 0 && config.CpuRealtimeRuntime > config.CpuRealtimePeriod)
    throw new Failure('invalid', 'cpu real-time runtime cannot be higher than cpu real-time period');
  checkSet(config.CpusetCpus, { what: 'CPUs', file: 'cpus', available: `0-${count - 1}` });
  if (config.CpusetMems !== '') checkSet(config.CpusetMems, { what: 'memory nodes', file: 'mems', available: memoryNodes() });
}

/** A list as `0-2,5` within another. */
function checkSet(text: string, { what, file, available }: { what: string; file: string; available: string }): void {
  if (text === '') return;
  const wanted = numbersOf(text);
  if (!wanted) throw new Failure('invalid', `Invalid value ${text} for cpuset ${file}: invalid format: ${text}`);
  const there = new Set(numbersOf(available));
  if (wanted.some((number) => !there.has(number)))
    throw new Failure('invalid', `Requested ${what} are not available - requested ${text}, available: ${available}`);
}

function numbersOf(text: string): number[] | undefined {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    if (first === '' || Number(last) < Number(first)) return undefined;
    for (let number = Number(first); number <= Number(last); number++) numbers.push(number);
  }
  return numbers;
}

/** Of a kernel without NUMA: the one that there is. */
function memoryNodes(): string {
  try {
    return readFileSync('/sys/devices/system/node/online', 'utf8').trim();
  } catch {
    return '0';
  }
}

/** Takes out what this machine does not have, with the warnings that dockerd gives for it. Fails with `invalid`. */
export function supportedResources(config: HostConfig, support: LimitSupport): { config: HostConfig; warnings: string[] } {
  const warnings: string[] = [];
  const changed: { -readonly [K in keyof Resources]?: Resources[K] } = {};
  if (config.Memory > 0 && config.MemorySwap !== -1 && !support.swap) {
    warnings.push(unsupported('swap limit capabilities', 'Memory limited without swap.'));
    changed.MemorySwap = -1;
  }
  if (config.OomKillDisable === null && support.oomKillDisable) changed.OomKillDisable = false;
  if (config.OomKillDisable === true && !support.oomKillDisable) {
    warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    changed.OomKillDisable = null;
  } else if (config.OomKillDisable === true && config.Memory === 0) warnings.push(messages.oomDisabledWithoutLimit);
  if (config.CpuPercent > 0) {
    warnings.push('linux does not support CPU percent. Percent discarded.');
    changed.CpuPercent = 0;
  }
  if (config.BlkioWeight > 0 && !support.blkioWeight) {
    warnings.push(unsupported('Block I/O weight', 'Weight discarded.'));
    changed.BlkioWeight = 0;
  } else if (config.BlkioWeight !== 0 && (config.BlkioWeight < 10 || config.BlkioWeight > 1000)) {
    throw new Failure('invalid', 'Range of blkio weight is from 10 to 1000');
  }
  if (config.BlkioWeightDevice && config.BlkioWeightDevice.length > 0 && !support.blkioWeight) {
    warnings.push(unsupported('Block I/O weight_device', 'Weight-device discarded.'));
    changed.BlkioWeightDevice = [];
  }
  return { config: { ...config, ...changed }, warnings };
}

const unsupported = (what: string, result: string): string =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${result}`;
