import { stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';
import type { DeviceRate, HostConfig, Ulimit } from './container-config.ts';
import { deviceNumbers } from './devices.ts';

const period = 100_000;

/** `linux.resources` without devices: only what is limited, so that the rest stays as the parent group has it. */
export async function runtimeResources(host: HostConfig): Promise<object> {
  return { ...memory(host), ...cpu(host), ...pids(host), ...(await blockIo(host)) };
}

function memory(host: HostConfig): object {
  const fields = {
    ...(host.Memory > 0 && { limit: host.Memory }),
    ...(host.MemoryReservation > 0 && { reservation: host.MemoryReservation }),
    ...(host.MemorySwap !== 0 && host.Memory > 0 && { swap: host.MemorySwap }),
    ...(host.MemorySwappiness !== null && host.MemorySwappiness >= 0 && { swappiness: host.MemorySwappiness }),
    ...(host.OomKillDisable === true && { disableOOMKiller: true }),
  };
  return Object.keys(fields).length > 0 ? { memory: fields } : {};
}

function cpu(host: HostConfig): object {
  const fields = {
    ...(host.CpuShares > 0 && { shares: host.CpuShares }),
    ...(host.CpuPeriod > 0 && { period: host.CpuPeriod }),
    ...(host.CpuQuota !== 0 && { quota: host.CpuQuota }),
    ...(host.NanoCpus > 0 && { period, quota: Math.floor((host.NanoCpus * period) / 1e9) }),
    ...(host.CpuRealtimePeriod > 0 && { realtimePeriod: host.CpuRealtimePeriod }),
    ...(host.CpuRealtimeRuntime > 0 && { realtimeRuntime: host.CpuRealtimeRuntime }),
    ...(host.CpusetCpus !== '' && { cpus: host.CpusetCpus }),
    ...(host.CpusetMems !== '' && { mems: host.CpusetMems }),
  };
  return Object.keys(fields).length > 0 ? { cpu: fields } : {};
}

function pids(host: HostConfig): object {
  return host.PidsLimit === null || host.PidsLimit === 0 ? {} : { pids: { limit: host.PidsLimit } };
}

async function blockIo(host: HostConfig): Promise<object> {
  const rates = {
    throttleReadBpsDevice: host.BlkioDeviceReadBps,
    throttleWriteBpsDevice: host.BlkioDeviceWriteBps,
    throttleReadIOPSDevice: host.BlkioDeviceReadIOps,
    throttleWriteIOPSDevice: host.BlkioDeviceWriteIOps,
  };
  const fields: Record<string, object | number> = host.BlkioWeight > 0 ? { weight: host.BlkioWeight } : {};
  for (const [name, devices] of Object.entries(rates))
    if (devices && devices.length > 0) fields[name] = await Promise.all(devices.map(throttle));
  return Object.keys(fields).length > 0 ? { blockIO: fields } : {};
}

async function throttle({ Path = '', Rate = 0 }: DeviceRate): Promise<object> {
  const found = await stat(Path).catch(() => undefined);
  if (!found) throw new Failure('invalid', `stat ${Path}: no such file or directory`);
  if (!found.isBlockDevice()) throw new Failure('invalid', `${Path} is not a block device`);
  return { ...deviceNumbers(found.rdev), rate: Rate };
}

/** `process.rlimits`, cut to the engine's own hard limits (text of /proc/self/limits): without CAP_SYS_RESOURCE more is refused by the kernel. */
export function runtimeLimits(ulimits: readonly Ulimit[] | null, ownLimits: string): object[] {
  return (ulimits ?? []).map(({ Name = '', Soft = 0, Hard = 0 }) => {
    const row = limitRows[Name.toLowerCase()];
    if (row === undefined) throw new Failure('invalid', messages.runtimeCreateFailed(`wrong rlimit value: RLIMIT_${Name.toUpperCase()}`));
    const own = new RegExp(`^${row}\\s+\\S+\\s+(\\S+)`, 'm').exec(ownLimits)?.[1];
    const most = own === undefined || own === 'unlimited' ? Infinity : Number(own);
    const cut = (value: number): number | bigint => (value < 0 ? (most === Infinity ? unlimited : most) : Math.min(value, most));
    return { type: `RLIMIT_${Name.toUpperCase()}`, soft: cut(Soft), hard: cut(Hard) };
  });
}

/** RLIM_INFINITY is 2^64 - 1, more than a JSON number of ours holds; the writer of the specification knows bigints. */
const unlimited = 2n ** 64n - 1n;

const limitRows: Readonly<Record<string, string>> = {
  ...{ as: 'Max address space', core: 'Max core file size', cpu: 'Max cpu time', data: 'Max data size', fsize: 'Max file size' },
  ...{ locks: 'Max file locks', memlock: 'Max locked memory', msgqueue: 'Max msgqueue size', nice: 'Max nice priority' },
  ...{ nofile: 'Max open files', nproc: 'Max processes', rss: 'Max resident set', rtprio: 'Max realtime priority' },
  ...{ rttime: 'Max realtime timeout', sigpending: 'Max pending signals', stack: 'Max stack size' },
};
