import type { ContainerReport } from '@gantry/engine-api';
import type { Report } from '@gantry/link';
import { pointsOf } from '../fleet/history.store.ts';
import type { Batch } from './reports.store.ts';

/** An inventory that comes in parts: the ids of the parts so far. */
export type Parts = Set<string> | undefined;

/** A hash that an agent told, to be compared with what the server has after the batch. */
export interface Gathered {
  readonly batch: Batch;
  readonly parts: Parts;
  readonly hash: string | undefined;
  /** The end of an inventory came whose beginning this server never saw: all of it has to be asked for again. */
  readonly isTorn: boolean;
}

/** Gathers reports into one change. `known` are the ids of the host's containers before it. */
export function gather(reports: readonly Report[], before: { parts: Parts; known: readonly string[] }): Gathered {
  const rows = new Map<string, ContainerReport | undefined>();
  let { parts } = before;
  let [hash, isTorn, facts]: [string | undefined, boolean, Batch['facts']] = [undefined, false, undefined];
  const upsert = (row: ContainerReport): void => {
    rows.set(row.id, row);
    parts?.add(row.id);
  };
  for (const report of reports) {
    if (report.kind === 'host') facts = report.body;
    if (report.kind !== 'inventory') continue;
    const { body } = report;
    if (body.mode === 'hash') {
      hash = body.hash;
      continue;
    }
    hash = undefined;
    if (body.mode === 'full' && body.isFirst) parts = new Set();
    for (const row of body.upserts) upsert(row);
    if (body.mode === 'delta') for (const id of body.gone) rows.set(id, undefined);
    if (body.mode !== 'full' || !body.isLast) continue;
    isTorn = parts === undefined;
    for (const id of parts ? [...before.known, ...rows.keys()] : []) if (!parts?.has(id)) rows.set(id, undefined);
    parts = undefined;
  }
  const upserts = [...rows.values()].filter((row) => row !== undefined);
  const gone = [...rows].filter(([, row]) => row === undefined).map(([id]) => id);
  return { batch: { lastSequence: reports.at(-1)?.sequence ?? 0, facts, upserts, gone, ...othersOf(reports) }, parts, hash, isTorn };
}

function othersOf(reports: readonly Report[]): Pick<Batch, 'events' | 'points'> {
  return {
    events: reports.flatMap((report) => (report.kind === 'event' ? [{ sequence: report.sequence, body: report.body }] : [])),
    points: reports.flatMap((report) => (report.kind === 'history' ? pointsOf(report.body) : [])),
  };
}
