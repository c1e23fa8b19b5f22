import type { Attention, FleetEvent, Overview } from '@gantry/contract';
import type { KnownHost } from '../hosts/host-directory.ts';
import { isTrouble } from './fleet.ts';
import type { PlainRow } from './plain-row.ts';

const mostShown = 50;
const mostAlike = 5;
const worstFirst: readonly Attention['kind'][] = [
  'host-offline',
  'host-quarantined',
  'container-out-of-memory',
  'container-failed',
  'container-unhealthy',
  'container-restarting',
  'host-pending',
];

/** The numbers of a fleet, and what of it needs a person. */
export function overviewOf(hosts: readonly KnownHost[], rows: readonly PlainRow[], events: readonly FleetEvent[]): Overview {
  const active = hosts.filter(({ status }) => status === 'active');
  const reachable = active.filter(({ link }) => link !== 'offline');
  const byLink = (link: KnownHost['link']): number => active.filter((host) => host.link === link).length;
  const attention = [...hosts.flatMap(hostAttention), ...rows.filter(isTrouble).map(containerAttention)];
  return {
    hosts: {
      total: hosts.length,
      live: byLink('live'),
      late: byLink('late'),
      offline: byLink('offline'),
      pending: hosts.filter(({ status }) => status === 'pending').length,
    },
    containers: containerCounts(rows),
    cpu: cpuOf(reachable),
    memory: {
      totalBytes: sum(reachable, ({ load, facts }) => load?.memoryTotalBytes ?? facts?.memoryBytes ?? 0),
      usedBytes: sum(reachable, ({ load }) => load?.memoryBytes ?? 0),
    },
    attention: attention.sort((a, b) => worstFirst.indexOf(a.kind) - worstFirst.indexOf(b.kind)).slice(0, mostShown),
    events: newestOf(events),
  };
}

/** A container that restarts without end says the same again and again; what others did must be seen beside it. */
function newestOf(events: readonly FleetEvent[]): FleetEvent[] {
  const counts = new Map<string, number>();
  const isNews = ({ host, id, action }: FleetEvent): boolean => {
    const key = [host, id, action].join('\n');
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= mostAlike;
  };
  return events.filter(isNews).slice(0, mostShown);
}

function containerCounts(rows: readonly PlainRow[]): Overview['containers'] {
  const inState = (state: PlainRow['state']): number => rows.filter((row) => row.state === state).length;
  return {
    total: rows.length,
    created: inState('created'),
    running: inState('running'),
    paused: inState('paused'),
    restarting: inState('restarting'),
    removing: inState('removing'),
    exited: inState('exited'),
    dead: inState('dead'),
    unhealthy: rows.filter(({ state, health }) => state === 'running' && health === 'unhealthy').length,
    failed: rows.filter((row) => row.state === 'exited' && isTrouble(row)).length,
  };
}

/** The average over all cores: a host with many counts more than one with few. */
function cpuOf(hosts: readonly KnownHost[]): Overview['cpu'] {
  const cores = sum(hosts, ({ facts }) => facts?.cpus ?? 0);
  const used = sum(hosts, ({ facts, load }) => (facts?.cpus ?? 0) * (load?.cpuPermille ?? 0));
  return { cores, usedPermille: cores === 0 ? 0 : Math.round(used / cores) };
}

function hostAttention({ id: host, name, status, link, lastSeenAt, joinedAt }: KnownHost): Attention[] {
  if (status === 'pending') return [{ kind: 'host-pending', host, name, sinceMs: joinedAt.getTime() }];
  if (status === 'quarantined') return [{ kind: 'host-quarantined', host, name }];
  if (link !== 'offline') return [];
  return [{ kind: 'host-offline', host, name, ...(lastSeenAt ? { sinceMs: lastSeenAt.getTime() } : {}) }];
}

function containerAttention({ host, id: container, name, state, exit }: PlainRow): Attention {
  const at = { host, container, name, ...(exit ? { sinceMs: exit.atMs, exitCode: exit.code } : {}) };
  if (state === 'running') return { ...at, kind: 'container-unhealthy' };
  if (state === 'restarting') return { ...at, kind: 'container-restarting' };
  return { ...at, kind: exit?.isOutOfMemory ? 'container-out-of-memory' : 'container-failed' };
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}
