import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@gantry/base/testing';
import { peerPath } from '@gantry/engine-api/testing';

const commandLine = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const ownDocker = '/usr/bin/docker';
const patienceMs = 120_000;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Given {
  /** All of standard input; nothing where nothing is said. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A machine of somebody who uses the docker CLI through a server: `gantry login` writes its contexts into a directory of the machine's own. */
export class Laptop implements AsyncDisposable {
  readonly config: string;
  readonly #opened: AsyncDisposableStack;

  private constructor(config: string, opened: AsyncDisposableStack) {
    this.config = config;
    this.#opened = opened;
  }

  static async open(): Promise<Laptop> {
    await using undo = new AsyncDisposableStack();
    const { path } = undo.use(await temporaryDirectory());
    return new Laptop(path, undo.move());
  }

  /** A program, run to its end. */
  run(words: readonly string[], given: Given = {}): Promise<Finished> {
    return finished(this.start(words, given.environment), given);
  }

  /** `gantry` with these words, run to its end. */
  gantry(words: readonly string[], given: Given = {}): Promise<Finished> {
    return this.run(gantryWords(words), given);
  }

  /** The docker CLI of this machine, else that of Debian's package; run to its end. */
  docker(words: readonly string[], given: Given = {}): Promise<Finished> {
    return this.run([dockerProgram(), ...words], given);
  }

  /** The docker CLI under a terminal. */
  onTerminal(words: readonly string[]): Running {
    const command = [dockerProgram(), ...words].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
    return new Running(this.start(['script', '-qefc', command, '/dev/null']));
  }

  /** A program that goes on. */
  running(words: readonly string[], environment?: Readonly<Record<string, string>>): Running {
    return new Running(this.start(words, environment));
  }

  start([program = '', ...args]: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: this.config, DOCKER_CONFIG: this.config, TERM: 'xterm', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined);
    return child;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program whose output is looked at while it runs; disposing ends it. */
export class Running implements AsyncDisposable {
  readonly child: Child;
  /** What it wrote, standard error included. */
  text = '';
  /** Resolves when it has ended. */
  readonly ends: Promise<unknown>;

  constructor(child: Child) {
    this.child = child;
    this.ends = new Promise((resolve) => child.once('exit', resolve));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    await this.ends;
  }
}

export function gantryWords(words: readonly string[]): string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', commandLine, ...words];
}

async function finished(child: Child, { input = '' }: Given): Promise<Finished> {
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout, stderr };
}

function dockerProgram(): string {
  return existsSync(ownDocker) ? ownDocker : join(peerPath('docker.io').split(':').at(-1) ?? '', 'docker');
}
