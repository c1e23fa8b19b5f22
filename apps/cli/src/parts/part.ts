import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root, statusOf } from '../machine/run-program.ts';

/** A process of Gantry's. */
export interface PartProgram {
  readonly name: 'server' | 'agent';
  /** The engine of an agent. */
  readonly engine?: 'native' | 'docker';
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** What a part says on a line of its output; other lines are passed on as they are. */
export interface PartEvent {
  readonly event: string;
  readonly [detail: string]: unknown;
}

const programs = { server: 'apps/server/dist/main.js', agent: 'apps/agent/dist/agent.mjs' } as const;
// A signal opens no debugger in an agent, which is root; the thread that would wait for it is not there.
const small = ['--max-semi-space-size=1', '--optimize-for-size', '--disable-sigusr1'];
/**
 * The agent stays small on hosts that have other work, most of all beside a Docker. There it does without the compilers, which map eight megabytes of
 * Node's file, without a second mapping of V8's own code near theirs (two megabytes), without threads for them and for the collector, and without
 * Node's own list of authorities, which is parsed whether or not it is used: an agent trusts the authority of its server, or asks for the list. Functions that
 * nobody called since the last collection give their bytecode back, half a megabyte of them; the agent asks for a collection each minute.
 * docs/operations/measured.md has the numbers.
 * The native engine takes in images and logs: each piece that is read counts as memory, and a heap that starts small is collected whole every few
 * megabytes, which costs half of what a load of an image takes. It starts at 48 MB.
 */
export const memoryFlags = {
  native: [...small, '--initial-old-space-size=48'],
  docker: [
    ...small,
    '--no-opt',
    '--no-maglev',
    '--no-sparkplug',
    '--no-short-builtin-calls',
    '--bytecode-old-age=1',
    '--v8-pool-size=1',
    '--single-threaded-gc',
    '--expose-gc',
    '--use-openssl-ca',
  ],
} as const;
/**
 * The C library makes pools of memory for each thread, half a megabyte to one together; an agent beside a Docker hardly works in threads. What is larger
 * than a buffer or two goes back to the kernel once it is free: otherwise the library keeps more the longer the agent runs.
 */
export const memoryEnvironment = {
  native: {},
  docker: { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' },
} as const;
/** How long a part may take to end after it was asked to. */
export const killAfterMs = 20_000;
const ordersToStop = ['SIGTERM', 'SIGINT'];

/** The command line of a part: Node, its flags, the program, the words for it. */
export function commandOf({ name, args, engine = 'native' }: Pick<PartProgram, 'name' | 'args' | 'engine'>): string[] {
  return ['--disable-warning=ExperimentalWarning', ...(name === 'agent' ? memoryFlags[engine] : []), `${root}/${programs[name]}`, ...args];
}

/** The environment of a part: what it was given, and what keeps it small. */
export function environmentOfPart({ name, engine = 'native', environment }: PartProgram): NodeJS.ProcessEnv {
  return { ...(name === 'agent' && memoryEnvironment[engine]), ...environment };
}

/** A running part. It has a process group of its own: Ctrl-C reaches it only through whoever started it. */
export class Part {
  readonly ended: Promise<number>;
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  readonly #child: ChildProcess;

  constructor(program: PartProgram, hear: (event: PartEvent) => void) {
    const env = environmentOfPart(program);
    this.#child = spawn(process.execPath, commandOf(program), { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = statusOf(this.#child);
    this.pid = this.#child.pid;
    const { stdout } = this.#child;
    if (stdout) createInterface(stdout).on('line', (line) => hear(eventOf(line)));
  }

  /** Asks it to end, and ends it after twenty seconds. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    await this.ended.catch(() => undefined);
    clearTimeout(limit);
  }
}

/** A line of a part's output: JSON where it is an event, else text. */
export function eventOf(line: string): PartEvent {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string') return value as PartEvent;
  } catch {
    // Not an event: text.
  }
  return { event: 'text', line };
}

/** Resolves at the first order to stop; further ones change nothing, so that the end is never cut off. */
export function orderToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ordersToStop) process.on(signal, () => resolve());
  });
}
