import { spawn } from 'node:child_process';
import type { EngineUnderTest } from './engine-under-test.ts';

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
  /** The working directory. */
  readonly cwd?: string;
  /** Beside PATH and what points a Docker client at the engine. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program that finds the engine by DOCKER_HOST, and no configuration of this machine's user. */
export function runClient(
  [program = '', ...args]: readonly string[],
  engine: EngineUnderTest,
  { input, patienceMs = 50_000, cwd, environment }: CliOptions,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        DOCKER_CONFIG: '/nonexistent',
        DOCKER_HOST: `unix://${engine.socketPath}`,
        TERM: 'xterm',
        ...environment,
      },
      ...(cwd === undefined ? {} : { cwd }),
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
