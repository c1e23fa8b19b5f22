import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { EngineUnderTest } from './engine-under-test.ts';
import { peerPath } from './peers.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** All of stdin; without it stdin stays open and says nothing. */
  readonly input?: Uint8Array | string;
  /** Ends it with SIGKILL after this long and answers code -1. */
  readonly patienceMs?: number;
}

/** Runs Debian's docker CLI against an engine, with a configuration of its own (none). */
export function docker(engine: EngineUnderTest, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return run([cliPath(), ...args], engine, options);
}

/** The same under a pseudo-terminal; what it printed is all in `stdout`. `input` is typed. */
export function dockerOnTerminal(engine: EngineUnderTest, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return run(['script', '-qefc', [cliPath(), ...args].map(quoted).join(' '), '/dev/null'], engine, options);
}

/** What a web server answers on a port of the engine's host; '' where none does. */
export async function fetchOnHost(engine: EngineUnderTest, port: number): Promise<string> {
  const script = `fetch('http://127.0.0.1:${port}/').then((answer) => answer.text()).then((body) => process.stdout.write(body), () => undefined)`;
  return (await run([...engine.enter, process.execPath, '-e', script], engine, { patienceMs: 5000 })).stdout;
}

const cliPath = (): string => join(peerPath('docker.io').split(':').at(-1) ?? '', 'docker');
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

function run(
  [program = '', ...args]: readonly string[],
  engine: EngineUnderTest,
  { input, patienceMs = 20_000 }: CliOptions,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        DOCKER_CONFIG: '/nonexistent',
        DOCKER_HOST: `unix://${engine.socketPath}`,
        TERM: 'xterm',
      },
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    child.on('exit', () => child.stdin.destroy());
  });
}
