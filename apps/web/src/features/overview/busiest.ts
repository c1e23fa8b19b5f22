import { cpuOf, type LiveRow } from '../../fleet/live-row.ts';

/** The running rows that used most CPU over their last samples, so that one spike moves nothing. */
export function busiest(rows: readonly LiveRow[], most: number): LiveRow[] {
  return rows
    .filter(({ row, sample }) => row.state === 'running' && row.link !== 'offline' && sample)
    .map((live) => ({ live, cpuPermille: meanOf(live) }))
    .sort((a, b) => b.cpuPermille - a.cpuPermille || a.live.key - b.live.key)
    .slice(0, most)
    .map(({ live }) => live);
}

function meanOf(live: LiveRow): number {
  const { trail } = live;
  return trail.length ? trail.reduce((sum, value) => sum + value, 0) / trail.length : cpuOf(live);
}
