import type { Host } from '@gantry/contract';
import type { ShownState } from '../../fleet/state.ts';
import { type MessageKey, text } from '../../i18n/i18n.ts';

/** How a host is shown: shut out or unreachable is worst, then too full or with containers in trouble. */
export function hostState(host: Host): ShownState {
  if (host.status === 'pending') return 'moving';
  if (host.status === 'quarantined' || host.link === 'offline') return 'failed';
  if (host.link === 'late' || host.containers.trouble > 0 || isFull(host)) return 'unhealthy';
  return 'running';
}

const words: Partial<Record<ShownState, MessageKey>> = {
  failed: 'hostState.offline',
  moving: 'hostState.pending',
  unhealthy: 'hostState.attention',
};

/** The same as a word. */
export function hostWord(host: Host): string {
  return text(host.status === 'quarantined' ? 'hostState.quarantined' : (words[hostState(host)] ?? 'hostState.connected'));
}

/** Shares of 0 to 1; undefined where the host has not said, or is offline and what it said is old. */
export function hostShares(host: Host): { cpu: number | undefined; memory: number | undefined; disk: number | undefined } {
  const { load, link } = host;
  if (!load || link === 'offline') return { cpu: undefined, memory: undefined, disk: undefined };
  return {
    cpu: load.cpuPermille / 1000,
    memory: load.memoryTotalBytes ? load.memoryBytes / load.memoryTotalBytes : undefined,
    disk: load.diskTotalBytes ? load.diskUsedBytes / load.diskTotalBytes : undefined,
  };
}

function isFull(host: Host): boolean {
  const { memory = 0, disk = 0 } = hostShares(host);
  return memory >= 0.9 || disk >= 0.9;
}

const engineNames = { native: 'Gantry', docker: 'Docker', podman: 'Podman', none: '–' } as const;

/** Docker 29.1, as it stands in corners of cards and in lists. */
export function engineName(host: Host): string {
  const { kind, version } = host.facts?.engine ?? { kind: 'none' as const, version: '' };
  return `${engineNames[kind]} ${version.split('.').slice(0, 2).join('.')}`.trim();
}
