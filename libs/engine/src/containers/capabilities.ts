import { Failure } from '@gantry/base';

/** All capabilities in the order of their bits (capability.h). */
const all =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN
  NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG
  MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map((name) => `CAP_${name}`);

/** Docker's default set. */
const defaults = `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`
  .split(' ')
  .map((name) => `CAP_${name}`);

export interface CapabilityRequest {
  readonly isPrivileged: boolean;
  readonly add: readonly string[];
  readonly drop: readonly string[];
}

/**
 * The capabilities of a container, restricted to those that the engine itself may give (`bounding`, a bit mask): in a container or VM that lacks
 * some, "privileged" means all that are there. Fails with `invalid` for a name that does not exist.
 */
export function grantedCapabilities(request: CapabilityRequest, bounding: bigint): string[] {
  const available = all.filter((_, bit) => (bounding & (1n << BigInt(bit))) !== 0n);
  const add = request.add.map((name) => normalized(name, 'CapAdd'));
  const drop = request.drop.map((name) => normalized(name, 'CapDrop'));
  const isAll = request.isPrivileged || add.includes('ALL');
  const base = isAll ? available : drop.includes('ALL') ? [] : defaults;
  const wanted = new Set([...base, ...add.filter((name) => name !== 'ALL')]);
  if (!request.isPrivileged) for (const name of drop) if (!add.includes(name)) wanted.delete(name);
  return available.filter((name) => wanted.has(name));
}

/** The mask after `CapBnd:` in the text of /proc/self/status. */
export function boundingSet(status: string): bigint {
  return BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}

function normalized(name: string, list: 'CapAdd' | 'CapDrop'): string {
  const upper = name.toUpperCase();
  if (upper === 'ALL') return upper;
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!all.includes(full)) throw new Failure('invalid', `invalid ${list}: unknown capability: "${full}"`);
  return full;
}
