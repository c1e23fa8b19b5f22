import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const nodeArgs = ['--disable-warning=ExperimentalWarning', main];

export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Given {
  /** All of standard input; nothing where nothing is said. */
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** `./gantry` with these words, run to its end. */
export async function gantry(words: readonly string[], { input = '', environment = {} }: Given = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...nodeArgs, ...words], { env: environmentFor(environment) });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined).end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
}

/** The same at a terminal of its own, where a person types a line once it is asked for; what both sides wrote is in the output. */
export async function gantryAtTerminal(words: readonly string[], { asked, typed }: { asked: string; typed: string }): Promise<Ended> {
  const command = [process.execPath, ...nodeArgs, ...words].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env: environmentFor({}), stdio: ['pipe', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const wasAsked = output.includes(asked);
    output += chunk.toString();
    if (!wasAsked && output.includes(asked)) child.stdin.write(`${typed}\n`);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output, errors: '' };
}

/** `./gantry` with words that go on until it is told to end; what it prints is waited for line by line. Disposing ends it by SIGTERM. */
export class RunningGantry implements AsyncDisposable {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly lines: string[] = [];
  #heard = Promise.withResolvers<undefined>();

  constructor(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [...nodeArgs, ...words], { env: environmentFor(environment), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface(stream).on('line', (line) => {
        this.lines.push(line);
        this.#heard.resolve(undefined);
        this.#heard = Promise.withResolvers();
      });
    }
    this.child.on('close', () => this.#heard.resolve(undefined));
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (let seen = 0; ;) {
      for (; seen < this.lines.length; seen += 1) {
        const found = pattern.exec(this.lines[seen] ?? '');
        if (found) return found;
      }
      if (this.#hasEnded) throw new Error(`it ended without saying ${pattern.source}:\n${this.lines.join('\n')}`);
      await this.#heard.promise;
    }
  }

  /** Its children: the parts that `up` runs, the server first. */
  async parts(): Promise<number[]> {
    const { pid = 0 } = this.child;
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  }

  /** Sends the signal and waits for the end; the exit status. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.#hasEnded) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** What this run was given does not reach the program: no settings of Gantry's, no flags of the test runner's. */
function environmentFor(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(GANTRY_|DATABASE_URL$|NODE_OPTIONS$)/.test(name));
  return { ...Object.fromEntries(kept), ...environment };
}
