import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Trouble } from '../trouble.ts';

export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Runs a program in the foreground, in the clone; resolves with its exit status, 128 plus the number of the signal that ended it. */
export async function run(command: string, args: readonly string[], options: { environment?: NodeJS.ProcessEnv } = {}): Promise<number> {
  const { environment: env } = options;
  return endOf(spawn(command, args, { cwd: root, stdio: 'inherit', ...(env ? { env } : {}) }));
}

/** Runs a program to its end and keeps what it printed. */
export async function runQuietly(
  command: string,
  args: readonly string[],
  options: { environment?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<{ status: number; output: string }> {
  const { environment: env, input } = options;
  const child = spawn(command, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'], ...(env ? { env } : {}) });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  const closed = once(child, 'close').catch(() => undefined); // it says the same as the end of the process, in Node's words
  const status = await endOf(child);
  await closed;
  return { status, output: Buffer.concat(output).toString() };
}

/** As statusOf; who wants this program to end, ends that one. */
async function endOf(child: ChildProcess): Promise<number> {
  // The terminal tells the program too: it ends by itself, and this one waits for it.
  const wait = (): void => undefined;
  const stop = (): unknown => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', stop);
  try {
    return await statusOf(child);
  } finally {
    process.off('SIGINT', wait).off('SIGTERM', stop);
  }
}

/** The exit status of a process, 128 plus the number of the signal that ended it. */
export async function statusOf(child: ChildProcess): Promise<number> {
  try {
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return status ?? 128 + (signal ? constants.signals[signal] : 0);
  } catch (cause) {
    throw new Trouble(`${child.spawnfile} could not be started: ${(cause as Error).message}`);
  }
}
