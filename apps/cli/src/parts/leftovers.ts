import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../config.ts';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import { killAfterMs, type PartProgram } from './part.ts';

/** A process, told apart from a later one with the same number by when the kernel started it. */
interface ProcessMark {
  readonly pid: number;
  /** Boot id and clock ticks since that boot. */
  readonly started: string;
}

interface PartRecord extends ProcessMark {
  /** The `up` that keeps it. */
  readonly keeper: ProcessMark;
}

type Roots = Pick<Settings, 'dataRoot' | 'runRoot'>;

/** Writes down which process is a part of this `up`: the next one finds it where this one is killed. */
export function recordPart({ dataRoot, runRoot }: Roots, name: PartProgram['name'], pid: number): void {
  const [own, keeper] = [markOf(pid), markOf(process.pid)];
  if (!own || !keeper) return; // it has ended already
  makePassable(dataRoot);
  makePassable(runRoot);
  const file = fileOf(runRoot, name);
  writeFileSync(`${file}.partial`, JSON.stringify({ ...own, dataRoot, keeper }), { mode: 0o600 });
  renameSync(`${file}.partial`, file);
}

/** The part has ended, and whoever kept it knows. */
export function forgetPart({ runRoot }: Roots, name: PartProgram['name']): void {
  rmSync(fileOf(runRoot, name), { force: true });
}

/**
 * Ends the parts that an `up` with these roots left when it was killed, so that this one can start its own. Containers go on. Fails where that
 * other `up` still runs. A process that only has the number of a part is not touched.
 */
export async function endLeftovers(roots: Roots): Promise<void> {
  for (const file of globSync(fileOf(roots.runRoot, '*'))) {
    const record = readRecord(file, roots);
    if (record && isAlive(record)) {
      if (isAlive(record.keeper)) {
        throw new Trouble(
          `Gantry is running already with ${roots.runRoot} (process ${record.keeper.pid}): stop it, or choose other roots with --data-root and --run-root`,
        );
      }
      tell(`ends process ${record.pid}, which an earlier ./gantry up left behind when it was killed; containers go on`);
      await end(record);
    }
    rmSync(file, { force: true });
  }
}

async function end(mark: ProcessMark): Promise<void> {
  const deadline = performance.now() + killAfterMs;
  signal(mark, 'SIGTERM');
  while (isAlive(mark)) {
    if (performance.now() > deadline) signal(mark, 'SIGKILL');
    await delay(50);
  }
}

function signal({ pid }: ProcessMark, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new Trouble(`process ${pid} of an earlier ./gantry up belongs to another user: run it as that one, or with sudo`);
  }
}

function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** proc(5), stat: the state is the first field behind the command, which stands in parentheses and may hold anything; the start the twentieth. */
function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined; // ended; nobody has asked how
    return { pid, started: `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19] ?? ''}` };
  } catch {
    return undefined;
  }
}

function readRecord(file: string, { dataRoot }: Roots): PartRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as PartRecord & { dataRoot: string };
    return record.dataRoot === dataRoot ? record : undefined;
  } catch {
    return undefined; // damaged: what it named cannot be known
  }
}

function fileOf(runRoot: string, name: string): string {
  return join(runRoot, `up-${name}.json`);
}

/** Others may pass through the roots, as PostgreSQL's account does, and not list them. */
function makePassable(path: string): void {
  if (existsSync(path)) return;
  const first = mkdirSync(path, { recursive: true });
  for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) chmodSync(made, 0o711);
}
