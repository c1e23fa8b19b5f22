// Claim: create and start with a network and a published port takes at most a quarter of dockerd's time, an exec of `true` at most two fifths.
// Both engines are asked over their sockets, in turns, in one run; the raw lists are written to .gantry/bench/start.json.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { dockerEngine, type EngineClient, engineClient, noBytes } from '@gantry/engine-api';
import { busyboxArchive, startDockerd } from '@gantry/engine-api/testing';

const rounds = Number(process.argv[3] ?? 25);
const firstPort = 18_400;

interface Times {
  readonly createMs: number[];
  readonly startMs: number[];
  readonly sumMs: number[];
  readonly execMs: number[];
}

async function timedMs<Value>(work: () => Promise<Value>): Promise<{ value: Value; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

async function idOf(client: EngineClient, body: object): Promise<string> {
  return (await (await client.call('ContainerCreate', { body })).json<{ Id: string }>()).Id;
}

async function oneRound(client: EngineClient, times: Times, round: number): Promise<void> {
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(firstPort + round) }] };
  const created = await timedMs(() => idOf(client, { Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: { PortBindings } }));
  const path = { id: created.value };
  const started = await timedMs(() => client.call('ContainerStart', { path }));
  const command = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
  const exec = await (await client.call('ContainerExec', { path, body: command })).json<{ Id: string }>();
  const executed = await timedMs(async () => {
    const { open } = await client.open('ExecStart', { path: { id: exec.Id }, body: {} });
    await Array.fromAsync(open(noBytes));
  });
  await client.call('ContainerDelete', { path, query: { force: true } });
  times.createMs.push(created.ms);
  times.startMs.push(started.ms);
  times.sumMs.push(created.ms + started.ms);
  times.execMs.push(executed.ms);
}

async function startNative(root: string): Promise<{ readonly child: ChildProcess; readonly client: EngineClient }> {
  const program = new URL('../libs/engine/src/testing/engine-until-killed.ts', import.meta.url).pathname;
  const socket = join(root, 'docker.sock');
  const args = ['--conditions=source', program, join(root, 'data'), join(root, 'run'), socket];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) if (line.startsWith('listening')) break;
  return { child, client: engineClient(dockerEngine({ socketPath: socket })) };
}

const median = (list: readonly number[]): number => list.toSorted((left, right) => left - right)[Math.floor(list.length / 2)] ?? 0;
const noTimes = (): Times => ({ createMs: [], startMs: [], sumMs: [], execMs: [] });

const root = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
const native = await startNative(root);
const dockerd = await startDockerd();
try {
  const engines = { native: native.client, dockerd: engineClient(dockerEngine({ socketPath: dockerd.socketPath }), { version: '1.41' }) };
  const times = { native: noTimes(), dockerd: noTimes() };
  for (const client of Object.values(engines)) await (await client.call('ImageLoad', { body: busyboxArchive() })).text();
  for (const name of ['native', 'dockerd'] as const) await oneRound(engines[name], noTimes(), 0); // both warm
  for (let round = 1; round <= rounds; round++) {
    for (const name of ['native', 'dockerd'] as const) await oneRound(engines[name], times[name], round);
  }
  const row = (name: keyof Times) => {
    const [ours, theirs] = [median(times.native[name]), median(times.dockerd[name])];
    return { native: ours.toFixed(1), dockerd: theirs.toFixed(1), ratio: (ours / theirs).toFixed(2) };
  };
  console.table({ 'create + start': row('sumMs'), create: row('createMs'), start: row('startMs'), 'exec true': row('execMs') });
  await mkdir('.gantry/bench', { recursive: true });
  await writeFile('.gantry/bench/start.json', JSON.stringify(times));
} finally {
  await dockerd[Symbol.asyncDispose]();
  const ended = once(native.child, 'exit');
  native.child.kill('SIGTERM');
  await ended;
  await rm(root, { recursive: true, force: true });
}
