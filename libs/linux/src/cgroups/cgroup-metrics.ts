/** One number of a block device; `op` as in the kernel's files (`Read`, `Write`, …) on v1, lower case on v2. */
export interface BlockIoEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: string;
  readonly value: number;
}

/** Share of time in the last 10 seconds in which some or all tasks waited, in percent, and the total. */
export interface Pressure {
  readonly someAvg10: number;
  readonly fullAvg10: number;
  readonly someTotalUs: number;
}

/** What the kernel counted for a control group; what it has no file for is left out or 0. */
export interface CgroupMetrics {
  readonly cpu: {
    readonly usageNs: number;
    /** v1 only. */
    readonly perCpuNs: readonly number[] | undefined;
    readonly userNs: number;
    readonly systemNs: number;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  };
  readonly memory: {
    readonly usageBytes: number;
    /** Usage without the page cache that the kernel may drop at once. */
    readonly workingSetBytes: number;
    readonly maxUsageBytes: number | undefined;
    readonly limitBytes: number | undefined;
    /** How often the limit was hit. */
    readonly failures: number;
    readonly oomKills: number;
    /** memory.stat as it is. */
    readonly stats: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number; readonly limit: number | undefined };
  readonly blockIo: { readonly serviceBytes: readonly BlockIoEntry[]; readonly serviced: readonly BlockIoEntry[] };
  readonly pressure: { readonly cpu?: Pressure; readonly memory?: Pressure; readonly io?: Pressure };
}

/** The text of a file of the group; undefined where there is none. */
export type ReadGroupFile = (controller: string, file: string) => Promise<string | undefined>;

/** v1 writes a number near 2^63 for "no limit". */
const unlimited = 2 ** 62;

export async function metricsOfV1(read: ReadGroupFile): Promise<CgroupMetrics> {
  const [usage, perCpu, cpuacct, cpu, pids, pidsMax, bytes, counts] = await Promise.all([
    read('cpuacct', 'cpuacct.usage'),
    read('cpuacct', 'cpuacct.usage_percpu'),
    read('cpuacct', 'cpuacct.stat'),
    read('cpu', 'cpu.stat'),
    read('pids', 'pids.current'),
    read('pids', 'pids.max'),
    read('blkio', 'blkio.throttle.io_service_bytes_recursive'),
    read('blkio', 'blkio.throttle.io_serviced_recursive'),
  ]);
  const times = parseFlat(cpuacct);
  const throttling = parseFlat(cpu);
  return {
    cpu: {
      usageNs: parseNumber(usage) ?? 0,
      perCpuNs: perCpu === undefined ? undefined : perCpu.trim().split(/\s+/).map(Number),
      userNs: (times['user'] ?? 0) * nsPerTick,
      systemNs: (times['system'] ?? 0) * nsPerTick,
      periods: throttling['nr_periods'] ?? 0,
      throttledPeriods: throttling['nr_throttled'] ?? 0,
      throttledNs: throttling['throttled_time'] ?? 0,
    },
    memory: await memoryOfV1(read),
    pids: { current: parseNumber(pids) ?? 0, limit: parseNumber(pidsMax) },
    blockIo: { serviceBytes: parseBlkio(bytes), serviced: parseBlkio(counts) },
    pressure: await pressureOf(read),
  };
}

async function memoryOfV1(read: ReadGroupFile): Promise<CgroupMetrics['memory']> {
  const [stat, inUse, max, limit, failures, oom] = await Promise.all([
    read('memory', 'memory.stat'),
    read('memory', 'memory.usage_in_bytes'),
    read('memory', 'memory.max_usage_in_bytes'),
    read('memory', 'memory.limit_in_bytes'),
    read('memory', 'memory.failcnt'),
    read('memory', 'memory.oom_control'),
  ]);
  const stats = parseFlat(stat);
  const usageBytes = parseNumber(inUse) ?? 0;
  return {
    usageBytes,
    workingSetBytes: Math.max(0, usageBytes - (stats['total_inactive_file'] ?? 0)),
    maxUsageBytes: parseNumber(max),
    limitBytes: parseNumber(limit),
    failures: parseNumber(failures) ?? 0,
    oomKills: parseFlat(oom)['oom_kill'] ?? 0,
    stats,
  };
}

export async function metricsOfV2(read: ReadGroupFile): Promise<CgroupMetrics> {
  const [cpu, memoryStat, inUse, peak, limit, events, pids, pidsMax, io] = await Promise.all([
    read('cpu', 'cpu.stat'),
    read('memory', 'memory.stat'),
    read('memory', 'memory.current'),
    read('memory', 'memory.peak'),
    read('memory', 'memory.max'),
    read('memory', 'memory.events'),
    read('pids', 'pids.current'),
    read('pids', 'pids.max'),
    read('io', 'io.stat'),
  ]);
  const times = parseFlat(cpu);
  const stats = parseFlat(memoryStat);
  const happened = parseFlat(events);
  const usageBytes = parseNumber(inUse) ?? 0;
  return {
    cpu: {
      usageNs: (times['usage_usec'] ?? 0) * 1000,
      perCpuNs: undefined,
      userNs: (times['user_usec'] ?? 0) * 1000,
      systemNs: (times['system_usec'] ?? 0) * 1000,
      periods: times['nr_periods'] ?? 0,
      throttledPeriods: times['nr_throttled'] ?? 0,
      throttledNs: (times['throttled_usec'] ?? 0) * 1000,
    },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - (stats['inactive_file'] ?? 0)),
      maxUsageBytes: parseNumber(peak),
      limitBytes: parseNumber(limit),
      failures: happened['max'] ?? 0,
      oomKills: happened['oom_kill'] ?? 0,
      stats,
    },
    pids: { current: parseNumber(pids) ?? 0, limit: parseNumber(pidsMax) },
    blockIo: parseIoStat(io),
    pressure: await pressureOf(read),
  };
}

/** The kernel reports times of cpuacct.stat in ticks of USER_HZ, which is 100 everywhere. */
const nsPerTick = 10_000_000;

/** Lines of `name number`. */
export function parseFlat(text = ''): Record<string, number> {
  const pairs = text.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(pairs.flatMap(([name = '', value]) => (value === undefined ? [] : [[name, Number(value)]])));
}

function parseNumber(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number.parseInt(text, 10); // "max": no limit
  return Number.isNaN(value) || value >= unlimited ? undefined : value;
}

/** `254:0 Read 4096`; the line `Total 4096` has no device and is left out. */
function parseBlkio(text = ''): BlockIoEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, op, value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? [];
    return op === undefined ? [] : [{ major: Number(major), minor: Number(minor), op, value: Number(value) }];
  });
}

/** `254:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0` */
function parseIoStat(text = ''): CgroupMetrics['blockIo'] {
  const rows = text.split('\n').flatMap((line) => {
    const [, major, minor, rest = ''] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    return major === undefined ? [] : [{ major: Number(major), minor: Number(minor), values: new Map(rest.split(' ').map(splitPair)) }];
  });
  const entries = (names: readonly (readonly [op: string, key: string])[]): BlockIoEntry[] =>
    rows.flatMap(({ major, minor, values }) => names.map(([op, key]) => ({ major, minor, op, value: values.get(key) ?? 0 })));
  return {
    serviceBytes: entries([
      ['read', 'rbytes'],
      ['write', 'wbytes'],
    ]),
    serviced: entries([
      ['read', 'rios'],
      ['write', 'wios'],
    ]),
  };
}

function splitPair(pair: string): [string, number] {
  const [key = '', value] = pair.split('=');
  return [key, Number(value)];
}

async function pressureOf(read: ReadGroupFile): Promise<CgroupMetrics['pressure']> {
  const [cpu, memory, io] = await Promise.all(
    ['cpu', 'memory', 'io'].map(async (name) => parsePressure(await read('pressure', `${name}.pressure`))),
  );
  return { ...(cpu && { cpu }), ...(memory && { memory }), ...(io && { io }) };
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same with `full`. */
function parsePressure(text: string | undefined): Pressure | undefined {
  if (text === undefined) return undefined;
  const line = (kind: string): Map<string, number> =>
    new Map((new RegExp(`^${kind} (.*)$`, 'm').exec(text)?.[1] ?? '').split(' ').map(splitPair));
  const [some, full] = [line('some'), line('full')];
  return { someAvg10: some.get('avg10') ?? 0, fullAvg10: full.get('avg10') ?? 0, someTotalUs: some.get('total') ?? 0 };
}
