import type { FleetRow, FleetSample } from '@gantry/engine-api';
import { shallowReactive } from 'vue';
import { sparkLength } from '../ui/spark-path.ts';
import { type ShownState, shownState } from './state.ts';

/** What was asked of a container and has not been reported back yet. */
export interface PendingVerb {
  readonly verb: string;
  /** The report that carries the effect; undefined until the engine has answered. */
  readonly sequence: number | undefined;
}

/** A row that stays the same object while what it shows changes in place: only components that read a changed field render again. */
export interface LiveRow {
  readonly key: number;
  row: FleetRow;
  shown: ShownState;
  sample: FleetSample | undefined;
  /** CPU of the last samples, oldest first; replaced, not mutated, so that a sparkline sees it. */
  trail: readonly number[];
  pending: PendingVerb | undefined;
  /** What a search looked through, until the row is another one. */
  searched?: { readonly row: FleetRow; readonly text: string };
}

export function liveRow(row: FleetRow): LiveRow {
  return shallowReactive<LiveRow>({ key: row.key, row, shown: shownState(row), sample: undefined, trail: [], pending: undefined });
}

/** Takes over a newer row. A pending verb ends when the row's revision has reached the report of its effect. */
export function updateRow(live: LiveRow, row: FleetRow): void {
  live.row = row;
  live.shown = shownState(row);
  if (live.pending?.sequence !== undefined && row.revision >= live.pending.sequence) live.pending = undefined;
  if (row.state !== 'running' && live.sample) {
    live.sample = undefined;
    live.trail = [];
  }
}

export function takeSample(live: LiveRow, sample: FleetSample): void {
  live.sample = sample;
  live.trail = [...live.trail, sample.cpuPermille].slice(-sparkLength);
}

/** What the cursor of sorting and filtering reads; 0 where nothing was measured. */
export function cpuOf(live: LiveRow): number {
  return live.sample?.cpuPermille ?? 0;
}

export function memoryOf(live: LiveRow): number {
  return live.sample?.memoryBytes ?? 0;
}

/** Name, image and service in small letters, a line each. Kept with the row: a search of thousands asks for it with each letter that is typed. */
export function searchText(live: LiveRow): string {
  const { row, searched } = live;
  if (searched?.row === row) return searched.text;
  const text = `${row.name}\n${row.image.ref}\n${row.stack?.service ?? ''}`.toLowerCase();
  live.searched = { row, text };
  return text;
}
