import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dockerEngine, type EngineClient, engineClient } from '@gantry/engine-api';
import type { EngineTraces } from './nothing-left.ts';
import { instanceOf } from './instance-of.ts';

const bundle = new URL('../../../../apps/agent/dist/agent.mjs', import.meta.url).pathname;
const killer = new URL('kill-at-step.ts', import.meta.url).pathname;

export interface KillableEngine {
  readonly client: EngineClient;
  /** From the start of its process until it listens. */
  readonly startedMs: number;
  /** The lines that it has told an operator so far. */
  readonly told: readonly string[];
  /** From now on it kills itself at `<step>:before` or `<step>:after`. */
  killAt(point: string): Promise<void>;
  /** Resolves when it has ended, with the signal that ended it. */
  readonly ended: Promise<string>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** Where the engines of one root keep their things; `tag` keeps the networks of several roots apart. */
export interface KillableRoot extends EngineTraces {
  readonly path: string;
}

export async function killableRoot(path: string, { pool }: { readonly pool: string }): Promise<KillableRoot> {
  await writeFile(join(path, 'engine.json'), JSON.stringify({ 'default-address-pools': [{ base: pool, size: 24 }] }));
  return { path, roots: [path], instance: instanceOf(join(path, 'data')) };
}

/** The engine as it is shipped, in a process of its own. Undefined where it was killed, at a step or after a time, before it listened. */
export async function startKillable(
  { path }: KillableRoot,
  { at = '', afterMs }: { readonly at?: string; readonly afterMs?: number } = {},
): Promise<KillableEngine | undefined> {
  const startMs = performance.now();
  const socket = join(path, 'docker.sock');
  const places = ['--socket', socket, '--data-root', join(path, 'data'), '--run-root', join(path, 'run')];
  const args = ['--import', killer, bundle, 'engine', ...places, '--config-file', join(path, 'engine.json')];
  const env = { PATH: process.env['PATH'], KILL_AT_STEP: at };
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env });
  const ended = once(child, 'exit').then(([code, signal]) => String(signal ?? code));
  const told: string[] = [];
  const listening = Promise.withResolvers<true>();
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => {
    if (line.includes('"engine-open"')) listening.resolve(true);
    else told.push(line);
  });
  if (afterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), afterMs);
  const isOpen = await Promise.race([listening.promise, ended.then(() => false)]);
  if (!isOpen) {
    if (at !== '' || afterMs !== undefined) return undefined;
    throw new Error(`the engine ended before it listened: ${told.join('\n')}`);
  }
  return {
    client: engineClient(dockerEngine({ socketPath: socket })),
    startedMs: performance.now() - startMs,
    told,
    async killAt(point) {
      const armed = once(child, 'message');
      child.send(point);
      await armed;
    },
    ended,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
