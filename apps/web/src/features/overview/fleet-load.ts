import type { Host } from '@gantry/contract';

export interface FleetLoad {
  readonly cores: number;
  readonly usedCores: number;
  readonly memoryBytes: number;
  readonly memoryTotalBytes: number;
}

/** What the connected machines have and use together. */
export function fleetLoad(hosts: Iterable<Host>): FleetLoad {
  let cores = 0;
  let usedCores = 0;
  let memoryBytes = 0;
  let memoryTotalBytes = 0;
  for (const { facts, load, link } of hosts) {
    if (!facts || !load || link === 'offline') continue;
    cores += facts.cpus;
    usedCores += (facts.cpus * load.cpuPermille) / 1000;
    memoryBytes += load.memoryBytes;
    memoryTotalBytes += load.memoryTotalBytes;
  }
  return { cores, usedCores, memoryBytes, memoryTotalBytes };
}

/** The containers of a host as cells: worst first, then the busiest. */
export interface HoneycombCell {
  readonly key: number;
  readonly severity: number;
  readonly cpuPermille: number;
}

const faintest = 0.22;

export function inOrder<Cell extends HoneycombCell>(cells: readonly Cell[]): Cell[] {
  return [...cells].sort((a, b) => a.severity - b.severity || b.cpuPermille - a.cpuPermille || a.key - b.key);
}

/** 0.22 when idle to 1 at a full core. */
export function opacityOf(cpuPermille: number): number {
  return faintest + (1 - faintest) * Math.min(1, Math.max(0, cpuPermille) / 1000);
}
