import type { History } from '@gantry/contract';
import type { HistoryRow, MachineRow, SeriesName } from './history.store.ts';

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Machine {
  readonly id: string;
  readonly cores: number;
  readonly memoryTotalBytes: number;
}

/** What is known of a machine itself; throttling and process counts are of containers. */
export const machineSeries = ['cpuPermille', 'memoryBytes', 'receiveBps', 'sendBps', 'readBps', 'writeBps'] as const;

/** Agents report each ten seconds. */
const stepMs = 10_000;
/** A report counts until the next one is overdue: agents do not report at the same moment, and a sum must not flicker. */
const heldMs = 2.5 * stepMs;

/** The rows of one container or machine as points in the order of their time. */
export function unrolled(rows: readonly HistoryRow[], names: readonly SeriesName[], { fromMs, toMs }: Range): History {
  const points = rows.flatMap((row) => row.offsetsMs.map((offsetMs, at) => ({ atMs: row.startAt.getTime() + offsetMs, row, at })));
  const inside = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const values = (name: SeriesName): (number | null)[] => inside.map(({ row, at }) => row[name][at] ?? null);
  return { stepMs, atMs: inside.map(({ atMs }) => atMs), series: Object.fromEntries(names.map((name) => [name, values(name)])) };
}

interface Point {
  readonly atMs: number;
  readonly cpuPermille: number;
  readonly memoryBytes: number;
}

/** Sums over machines, one point for each step in which at least one had reported: a machine with many cores counts more than one with few. */
export function togetherOf(rows: readonly MachineRow[], machines: readonly Machine[], { fromMs, toMs }: Range): History {
  const trails = machines.map((machine) => ({ machine, points: pointsOf(rows.filter(({ hostId }) => hostId === machine.id)), next: 0 }));
  const atMs: number[] = [];
  const series = { cpuPermille: [] as number[], memoryBytes: [] as number[], memoryTotalBytes: [] as number[] };
  for (let now = Math.ceil(fromMs / stepMs) * stepMs; now <= toMs; now += stepMs) {
    const sum = { cores: 0, busy: 0, memoryBytes: 0, memoryTotalBytes: 0 };
    for (const trail of trails) {
      while ((trail.points[trail.next]?.atMs ?? Infinity) <= now) trail.next++;
      const point = trail.points[trail.next - 1];
      if (!point || now - point.atMs > heldMs) continue;
      sum.cores += trail.machine.cores;
      sum.busy += trail.machine.cores * point.cpuPermille;
      sum.memoryBytes += point.memoryBytes;
      sum.memoryTotalBytes += trail.machine.memoryTotalBytes;
    }
    if (sum.cores === 0) continue;
    atMs.push(now);
    series.cpuPermille.push(sum.busy / sum.cores);
    series.memoryBytes.push(sum.memoryBytes);
    series.memoryTotalBytes.push(sum.memoryTotalBytes);
  }
  return { stepMs, atMs, series };
}

function pointsOf(rows: readonly MachineRow[]): Point[] {
  return rows.flatMap(({ startAt, offsetsMs, cpuPermille, memoryBytes }) =>
    offsetsMs.map((offsetMs, at) => ({
      atMs: startAt.getTime() + offsetMs,
      cpuPermille: cpuPermille[at] ?? 0,
      memoryBytes: memoryBytes[at] ?? 0,
    })),
  );
}
