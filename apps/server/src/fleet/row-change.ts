import { isDeepStrictEqual } from 'node:util';
import type { FleetChange } from '@gantry/engine-api';
import type { PlainRow } from './plain-row.ts';

/** What is not the same in a later state of a row: those fields, null for one that is no longer there. Undefined where nothing is. */
export function changeOf(before: PlainRow, now: PlainRow): FleetChange | undefined {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof PlainRow)[];
  const changed = fields.filter((field) => !isDeepStrictEqual(before[field], now[field]));
  if (changed.length === 0) return undefined;
  return { key: now.key, ...Object.fromEntries(changed.map((field) => [field, now[field] ?? null])) };
}

/** Whether the change can move a count of those that run, or are in trouble. */
export function movesCounts(change: FleetChange): boolean {
  return 'state' in change || 'health' in change || 'exit' in change;
}
