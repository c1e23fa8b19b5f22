import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '@gantry/engine-api';
import type { MountPoint } from './mount-points.ts';
import { startFailure } from './runtime-words.ts';

const procfs = 0x9fa0;
/** What file systems like lxcfs may stand in for. */
const replaceable: ReadonlySet<string> = new Set([
  ...['/proc/cpuinfo', '/proc/diskstats', '/proc/meminfo', '/proc/stat', '/proc/swaps', '/proc/uptime', '/proc/loadavg'],
  ...['/proc/slabinfo', '/proc/net/dev', '/proc/sys/kernel/ns_last_pid', '/proc/sys/crypto/fips_enabled'],
]);

/**
 * Refuses what would put other files in the place of a container's /proc, as runc does and crun does not: a process is then told by its own files what it may do,
 * and what protects the host's settings protects files of the image (CVE-2019-16884). Fails with `internal`, as dockerd has it, in runc's words.
 */
export function checkProcMounts(rootfs: string, mounts: readonly MountPoint[]): void {
  for (const { type, source, destination } of mounts) {
    if (type === 'tmpfs' || !(destination === '/proc' || destination.startsWith('/proc/')) || replaceable.has(destination)) continue;
    const why = destination === '/proc' ? (isProc(source) ? undefined : 'it is not of type proc') : 'it is inside /proc';
    if (why === undefined) continue;
    const words = messages.procMount({ source, destination, place: join(rootfs, destination), why });
    throw startFailure({ code: 128, words }, undefined);
  }
}

function isProc(path: string): boolean {
  try {
    return statfsSync(path).type === procfs;
  } catch {
    return false; // the directory of a bind that is about to be made
  }
}
