import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { demultiplex, type EngineClient } from '@gantry/engine-api';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { removeAll } from '../testing/open-test-engine.ts';
import { startEngineProcess } from '../testing/start-engine-process.ts';
import { nothingLeft } from '../testing/nothing-left.ts';

const opened = closedAfterEach();
const writers = 20;
const rounds = 10;

/** Writes numbered lines, ten at a time, until it is told to end; its last line says how many there were. */
const writer = (code: number): string =>
  `trap 'echo end $i; exit ${code}' TERM; i=0; while :; do for n in 0 1 2 3 4 5 6 7 8 9; do echo $i; i=$((i+1)); done; sleep 0.2; done`;

interface Inspected {
  readonly State: { readonly Status: string; readonly Pid: number; readonly ExitCode: number; readonly StartedAt: string };
}

async function inspect(client: EngineClient, id: string): Promise<Inspected['State']> {
  return (await (await client.call('ContainerInspect', { path: { id } })).json<Inspected>()).State;
}

async function create(client: EngineClient, script: string): Promise<string> {
  const body = { Image: 'busybox', Cmd: ['sh', '-c', script] };
  return (await (await client.call('ContainerCreate', { body })).json<{ Id: string }>()).Id;
}

async function run(client: EngineClient, script: string): Promise<string> {
  const id = await create(client, script);
  await client.call('ContainerStart', { path: { id } });
  return id;
}

async function linesOf(client: EngineClient, id: string): Promise<string[]> {
  const { bytes } = await client.call('ContainerLogs', { path: { id }, query: { stdout: true } });
  let text = '';
  for await (const part of demultiplex(bytes)) text += Buffer.from(part.bytes).toString();
  return text.trimEnd().split('\n');
}

async function exitCode(client: EngineClient, id: string): Promise<number> {
  return (await (await client.call('ContainerWait', { path: { id } })).json<{ StatusCode: number }>()).StatusCode;
}

test('containers, lines and exit codes survive that the engine is killed again and again', async () => {
  const { path } = opened.use(await temporaryDirectory());
  let engine = await startEngineProcess(path);
  opened.defer(() => {
    nothingLeft({ roots: [path], instance: engine.instance });
  });
  opened.defer(() => engine.kill('SIGTERM'));
  opened.defer(() => removeAll(engine.client));
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await engine.client.call('ImageLoad', { body: archive })).text();
  const ids = [];
  for (let number = 0; number < writers; number++) ids.push(await run(engine.client, writer(100 + number)));
  const before = await Promise.all(ids.map((id) => inspect(engine.client, id)));

  for (let round = 0; round < rounds; round++) {
    const brief = await run(engine.client, `sleep 0.3; echo done; exit ${10 + round}`);
    const halfway = await create(engine.client, 'sleep 100');
    const starting = engine.client.call('ContainerStart', { path: { id: halfway } }).catch(() => undefined);
    await sleep(round * 7);
    await engine.kill('SIGKILL');
    await starting;
    await sleep(300);
    engine = await startEngineProcess(path);

    expect(await exitCode(engine.client, brief)).toBe(10 + round);
    expect(await linesOf(engine.client, brief)).toEqual(['done']);
    expect(['created', 'running', 'exited']).toContain((await inspect(engine.client, halfway)).Status);
    await engine.client.call('ContainerDelete', { path: { id: halfway }, query: { force: true } });
  }

  expect(await Promise.all(ids.map((id) => inspect(engine.client, id)))).toEqual(before);
  await Promise.all(ids.map((id) => engine.client.call('ContainerStop', { path: { id } })));
  for (const [number, id] of ids.entries()) {
    expect(await exitCode(engine.client, id)).toBe(100 + number);
    const lines = await linesOf(engine.client, id);
    expect(lines.slice(0, -1)).toEqual(Array.from({ length: lines.length - 1 }, (_, at) => String(at)));
    expect(lines.at(-1)).toBe(`end ${lines.length - 1}`);
  }
}, 180_000);
