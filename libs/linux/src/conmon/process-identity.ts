import { readFileSync } from 'node:fs';

/** A process that a number alone cannot name: numbers are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which it began (proc(5), stat, field 22). */
  readonly startTicks: string;
  /** /proc/sys/kernel/random/boot_id of the boot it ran in. */
  readonly bootId: string;
}

let ownBoot: string | undefined;

/** The id of this boot, which no process outlives. */
export function bootId(): string {
  return (ownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/** What identifies a process that runs now; undefined where there is none, or only its zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTicks = startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks, bootId: bootId() };
}

/** Whether this very process still runs. A zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTicksOf(identity.pid) === identity.startTicks && bootId() === identity.bootId;
}

/** Sends a signal to this very process; false where it has ended. */
export function signalProcess(identity: ProcessIdentity, signal: number): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

function startTicksOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}
