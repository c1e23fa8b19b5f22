import { readFile, statfs } from 'node:fs/promises';

/** Time of all CPUs together since boot, in ticks of 10 ms. */
export interface CpuTicks {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly ioWait: number;
  readonly interrupt: number;
  readonly softInterrupt: number;
  readonly steal: number;
}

export interface HostMetrics {
  readonly cpu: CpuTicks & {
    readonly onlineCpus: number;
    /** The sum of all times, in ns: `system_cpu_usage` of Docker's stats. */ readonly totalNs: number;
  };
  readonly load: readonly [number, number, number];
  readonly memory: {
    readonly totalBytes: number;
    readonly availableBytes: number;
    readonly freeBytes: number;
    readonly swapTotalBytes: number;
    readonly swapFreeBytes: number;
  };
  /** Totals since boot of whole disks. */
  readonly disks: readonly { readonly name: string; readonly readBytes: number; readonly writtenBytes: number; readonly busyMs: number }[];
  readonly links: readonly NetDev[];
  readonly uptimeS: number;
}

/** A row of /proc/PID/net/dev: totals since the link was made. */
export interface NetDev {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
}

const sectorBytes = 512;
const nsPerTick = 10_000_000;

/** Numbers of this host, from /proc. */
export async function readHostMetrics(): Promise<HostMetrics> {
  const names = ['stat', 'loadavg', 'meminfo', 'diskstats', 'self/net/dev', 'uptime'];
  const [stat = '', load = '', memory = '', disks = '', links = '', uptime = ''] = await Promise.all(
    names.map((name) => readFile(`/proc/${name}`, 'utf8')),
  );
  const [one = 0, five = 0, fifteen = 0] = load.split(' ').map(Number);
  return {
    cpu: parseCpu(stat),
    load: [one, five, fifteen],
    memory: parseMemory(memory),
    disks: parseDisks(disks),
    links: parseNetDev(links),
    uptimeS: Number.parseFloat(uptime),
  };
}

/** Size of the file system that a path lies on, in bytes; `available` is what ordinary users may take. */
export async function readFileSystem(path: string): Promise<{ totalBytes: number; freeBytes: number; availableBytes: number }> {
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  return { totalBytes: blocks * bsize, freeBytes: bfree * bsize, availableBytes: bavail * bsize };
}

/** The links of the namespace of a process. */
export async function readNetDev(pid: number): Promise<NetDev[]> {
  return parseNetDev(await readFile(`/proc/${pid}/net/dev`, 'utf8'));
}

/** Whole disks as `major:minor`. */
export async function diskDevices(): Promise<string[]> {
  return rowsOfDisks(await readFile('/proc/diskstats', 'utf8')).map(([major, minor]) => `${major}:${minor}`);
}

/** Only the part of Docker's stats that is read for each container; see `readHostMetrics` for all. */
export async function readHostCpu(): Promise<HostMetrics['cpu']> {
  return parseCpu(await readFile('/proc/stat', 'utf8'));
}

export function parseCpu(stat: string): HostMetrics['cpu'] {
  const [, ...ticks] = (/^cpu .*$/m.exec(stat)?.[0] ?? '').split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, interrupt = 0, softInterrupt = 0, steal = 0] = ticks;
  // As dockerd: the first seven times, without steal.
  const total = user + nice + system + idle + ioWait + interrupt + softInterrupt;
  const onlineCpus = (stat.match(/^cpu\d+ /gm) ?? []).length;
  return { user, nice, system, idle, ioWait, interrupt, softInterrupt, steal, onlineCpus, totalNs: total * nsPerTick };
}

export function parseMemory(meminfo: string): HostMetrics['memory'] {
  const kilobytes = new Map(Array.from(meminfo.matchAll(/^(\w+):\s+(\d+) kB$/gm), ([, name = '', value]) => [name, Number(value)]));
  const bytes = (name: string): number => (kilobytes.get(name) ?? 0) * 1024;
  return {
    totalBytes: bytes('MemTotal'),
    availableBytes: bytes('MemAvailable'),
    freeBytes: bytes('MemFree'),
    swapTotalBytes: bytes('SwapTotal'),
    swapFreeBytes: bytes('SwapFree'),
  };
}

/** Whole disks: no partitions, no loop and memory devices. Source: Documentation/admin-guide/iostats.rst. */
export function parseDisks(diskstats: string): HostMetrics['disks'] {
  return rowsOfDisks(diskstats).map(([, , name = '', , , sectorsRead, , , , sectorsWritten, , , busyMs]) => ({
    name,
    readBytes: Number(sectorsRead) * sectorBytes,
    writtenBytes: Number(sectorsWritten) * sectorBytes,
    busyMs: Number(busyMs),
  }));
}

function rowsOfDisks(diskstats: string): string[][] {
  const rows = diskstats.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter(([, , name = '']) => /^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(name));
}

export function parseNetDev(text: string): NetDev[] {
  return text.split('\n').flatMap((line) => {
    const [name, numbers] = line.split(/:\s*/);
    if (name === undefined || numbers === undefined) return [];
    const at = numbers.trim().split(/\s+/).map(Number);
    const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDropped = 0] = at;
    const [sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDropped = 0] = at.slice(8);
    const received = { receivedBytes, receivedPackets, receiveErrors, receiveDropped };
    return [{ name: name.trim(), ...received, sentBytes, sentPackets, sendErrors, sendDropped }];
  });
}
