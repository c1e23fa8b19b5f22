import type { Host } from '@gantry/contract';
import type { LiveRow } from '../../fleet/live-row.ts';
import { hostShares } from '../hosts/host-state.ts';

export type Trouble =
  'offline' | 'quarantined' | 'pending' | 'out-of-memory' | 'failed' | 'restarting' | 'unhealthy' | 'disk-full' | 'memory-full';

export interface AttentionItem {
  readonly id: string;
  readonly trouble: Trouble;
  readonly host: string;
  readonly container?: LiveRow;
  /** Of what is full: 0 to 1. */
  readonly share?: number;
}

const order: readonly Trouble[] = [
  'offline',
  'quarantined',
  'out-of-memory',
  'disk-full',
  'failed',
  'unhealthy',
  'memory-full',
  'restarting',
  'pending',
];
const fullFrom = 0.9;
const manyRestarts = 3;

/** What needs a person, worst first. */
export function attention(hosts: Iterable<Host>, rows: Iterable<LiveRow>): AttentionItem[] {
  const items: AttentionItem[] = [];
  for (const host of hosts) items.push(...ofHost(host));
  for (const live of rows) {
    const trouble = troubleOf(live);
    if (trouble) items.push({ id: `container-${live.key}`, trouble, host: live.row.host, container: live });
  }
  return items.sort((a, b) => order.indexOf(a.trouble) - order.indexOf(b.trouble));
}

function ofHost(host: Host): AttentionItem[] {
  const item = (trouble: Trouble, share?: number): AttentionItem => ({
    id: `${host.id}-${trouble}`,
    trouble,
    host: host.id,
    ...(share === undefined ? {} : { share }),
  });
  if (host.status !== 'active') return [item(host.status)];
  if (host.link === 'offline') return [item('offline')];
  const { memory = 0, disk = 0 } = hostShares(host);
  return [...(disk >= fullFrom ? [item('disk-full', disk)] : []), ...(memory >= fullFrom ? [item('memory-full', memory)] : [])];
}

function troubleOf({ row, shown }: LiveRow): Trouble | undefined {
  if (row.link === 'offline') return undefined;
  if (shown === 'failed') return row.exit?.isOutOfMemory ? 'out-of-memory' : 'failed';
  if (shown === 'unhealthy') return 'unhealthy';
  return row.state === 'restarting' || (row.state === 'running' && row.restarts >= manyRestarts && isYoung(row.startedAtMs))
    ? 'restarting'
    : undefined;
}

/** Restarts matter while they go on: a container that has run for ten minutes has recovered. */
function isYoung(startedAtMs: number | undefined): boolean {
  return startedAtMs !== undefined && Date.now() - startedAtMs < 600_000;
}
