import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { dockerEngine, type EngineClient, engineClient } from '@gantry/engine-api';
import { busyboxArchive, startDockerd } from '@gantry/engine-api/testing';
import { memoryFlags } from '../apps/cli/src/parts/part.ts';

/** One of the two engines that a bench compares. */
export interface Contender {
  readonly client: EngineClient;
  readonly socketPath: string;
}

export interface NativeContender extends Contender, AsyncDisposable {
  /** Of the engine's process. */
  readonly pid: number;
  /** Holds all that is its own; its path is in the words of each of its processes. */
  readonly root: string;
  readonly roots: { readonly data: string; readonly run: string };
  /** Ends the engine, at once or as an agent does, and leaves its containers running. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts an engine on the same roots; answers the milliseconds until it listens. */
  startAgain(): Promise<number>;
}

const newest = '1.41'; // what dockerd 20.10 speaks

const bundle = new URL('../apps/agent/dist/agent.mjs', import.meta.url).pathname;
const source = new URL('../libs/engine/src/testing/engine-until-killed.ts', import.meta.url).pathname;

/** The native engine as a process of its own, with the flags that `gantry` gives it and with busybox: from source, or the bundle (`npm run build`). */
export async function startNative(program: 'source' | 'bundle' = 'source'): Promise<NativeContender> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const socketPath = join(root, 'docker.sock');
  const roots = { data: join(root, 'data'), run: join(root, 'run') };
  const words = program === 'source' ? ['--conditions=source', source, roots.data, roots.run, socketPath] : await bundleWords(root);
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [...memoryFlags.native, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(child.stdout)) if (/^listening|"engine-open"/.test(line)) return child;
    throw new Error('the engine ended before it listened');
  };
  let child = await launch();
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const client = engineClient(dockerEngine({ socketPath }), { version: newest });
  await loadBusybox(client);
  return {
    client,
    socketPath,
    root,
    roots,
    end,
    get pid() {
      return child.pid ?? 0;
    },
    async startAgain() {
      const { ms, value } = await timed(launch);
      child = value;
      return ms;
    },
    async [Symbol.asyncDispose]() {
      await removeAll(client);
      await end('SIGTERM');
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** With room for 300 containers in a network. */
async function bundleWords(root: string): Promise<string[]> {
  const settings = join(root, 'engine.json');
  await writeFile(settings, JSON.stringify({ 'default-address-pools': [{ base: '10.213.0.0/16', size: 20 }] }));
  const roots = ['--data-root', join(root, 'data'), '--run-root', join(root, 'run'), '--socket', join(root, 'docker.sock')];
  return [bundle, 'engine', ...roots, '--config-file', settings];
}

/** Debian's dockerd with roots and namespaces of its own, with busybox. `enter`: before the words of a program that is to run in its network. */
export async function startPeer(
  config: Readonly<Record<string, unknown>> = {},
): Promise<Contender & AsyncDisposable & { readonly enter: readonly string[] }> {
  const dockerd = await startDockerd(config);
  const client = engineClient(dockerEngine({ socketPath: dockerd.socketPath }), { version: newest });
  await loadBusybox(client);
  const { socketPath, enter } = dockerd;
  return { client, socketPath, enter, [Symbol.asyncDispose]: () => dockerd[Symbol.asyncDispose]() };
}

async function loadBusybox(client: EngineClient): Promise<void> {
  await (await client.call('ImageLoad', { body: busyboxArchive() })).text();
}

/** Removes every container, some at a time. */
export async function removeAll(client: EngineClient): Promise<void> {
  const listed = await (await client.call('ContainerList', { query: { all: true } })).json<{ Id: string }[]>();
  await inParallel(8, listed, ({ Id }) => client.call('ContainerDelete', { path: { id: Id }, query: { force: true } }));
}

/** Does the work for each item, `width` at a time. */
export async function inParallel<Item>(width: number, items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}

export async function timed<Value>(work: () => Promise<Value>): Promise<{ readonly value: Value; readonly ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

/** What each engine took, by what was measured. */
export type Times = Record<string, { native: number[]; dockerd: number[] }>;

export function record(times: Times, name: string, { engine, ms }: { engine: 'native' | 'dockerd'; ms: number }): void {
  (times[name] ??= { native: [], dockerd: [] })[engine].push(ms);
}

export const quantile = (list: readonly number[], share: number): number =>
  list.toSorted((left, right) => left - right)[Math.min(list.length - 1, Math.floor(share * list.length))] ?? 0;

/** Prints medians (or another quantile) with their ratio, and writes the raw lists to `.gantry/bench/<name>.json`. */
export async function tell(name: string, times: Times, share = 0.5): Promise<void> {
  const rows = Object.entries(times).map(([what, { native, dockerd }]) => {
    const [ours, theirs] = [quantile(native, share), quantile(dockerd, share)];
    return [what, { native: shown(ours), dockerd: shown(theirs), ratio: (ours / theirs).toFixed(2), n: native.length }];
  });
  console.table(Object.fromEntries(rows));
  await mkdir('.gantry/bench', { recursive: true });
  await writeFile(`.gantry/bench/${name}.json`, JSON.stringify(times));
}

const shown = (ms: number): string => ms.toFixed(ms < 1 ? 3 : 1);

export async function createContainer(client: EngineClient, body: object): Promise<string> {
  return (await (await client.call('ContainerCreate', { body })).json<{ Id: string }>()).Id;
}
