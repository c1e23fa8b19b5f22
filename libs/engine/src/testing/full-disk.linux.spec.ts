import { readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '@gantry/base';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type EngineClient, engineClient } from '@gantry/engine-api';
import { askUntil } from '@gantry/engine-api/testing';
import { defaultEngineConfig } from '../config.ts';
import { type NativeEngine, openNativeEngine } from '../native-engine.ts';
import { createIn, inspectIn, runIn, shell, waitIn } from './container-client.ts';
import { busyboxImage, dockerArchive, imageOf, tarFile, tarOf } from './image-archives.ts';
import { nothingLeft } from './nothing-left.ts';
import { removeAll } from './open-test-engine.ts';
import { ScriptedRegistry } from './scripted-registry.ts';
import { type Shortage, SmallDisk } from './small-disk.ts';
import { testPool } from './test-pool.ts';

const opened = closedAfterEach();
const endless = 'trap "exit 7" TERM; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.02; done';

interface FullEngine {
  readonly disk: SmallDisk;
  readonly client: EngineClient;
  readonly data: string;
  readonly problems: readonly string[];
  /** Ends the engine, does something and opens the next one. */
  readonly restart: (between: () => void) => Promise<EngineClient>;
}

/** An engine whose data root is on a small disk of its own; the run root is elsewhere, as /run is. */
async function openOnSmallDisk(): Promise<FullEngine> {
  const { path } = opened.use(await temporaryDirectory());
  const disk = opened.use(SmallDisk.make(join(path, 'disk'), { megabytes: 48, inodes: 600 }));
  const data = join(disk.path, 'data');
  await mkdir(data);
  const problems: string[] = [];
  const open = (): Promise<NativeEngine> =>
    openNativeEngine({
      dataRoot: data,
      runRoot: join(path, 'run'),
      config: { ...defaultEngineConfig, addressPools: [testPool(226)] },
      report: (problem) => problems.push(problem),
    });
  let engine = await open();
  opened.defer(() => {
    nothingLeft({ roots: [data, join(path, 'run')], instance: engine.instance });
  });
  opened.defer(() => engine[Symbol.asyncDispose]());
  opened.defer(async () => {
    disk.empty();
    await removeAll(engineClient(engine.handle));
  });
  const client = engineClient(engine.handle);
  await load(client, await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]));
  const restart = async (between: () => void): Promise<EngineClient> => {
    await engine[Symbol.asyncDispose]();
    between();
    engine = await open();
    return engineClient(engine.handle);
  };
  return { disk, client, data, problems, restart };
}

const load = async (client: EngineClient, archive: Buffer): Promise<string> => (await client.call('ImageLoad', { body: archive })).text();

/** What an engine keeps, to be the same after a call that failed. */
const kept = (data: string): string[] =>
  ['containers', 'rw', 'volumes', 'networks', 'images', 'names', 'layers', 'blobs/sha256', 'ingest'].flatMap((folder) =>
    readdirSync(join(data, 'engine', folder), { recursive: folder !== 'rw' && folder !== 'layers' })
      .map((name) => `${folder}/${String(name)}`)
      .filter((name) => !name.includes('ctr.log')),
  );

describe.each<Shortage>(['disk', 'inodes'])('with a full disk: no %s left', (shortage) => {
  test('whatever has to write says so and leaves nothing, all works again when there is space', async () => {
    const { disk, client, data, problems } = await openOnSmallDisk();
    const registry = opened.use(await ScriptedRegistry.start());
    const image = imageOf([await tarOf([tarFile('file', Buffer.alloc(300_000, 'x'))])]);
    registry.add('app', 'v1', { image });
    const archive = await dockerArchive([{ image, tags: ['loaded'] }]);
    const [running, stopped] = [await runIn(client, shell(endless)), await createIn(client, shell('echo changed >/file'), 'stopped')];
    await client.call('ContainerStart', { path: { id: stopped } });
    await waitIn(client, stopped);
    const policy = { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } };
    const policed = await runIn(client, shell(endless, policy));
    const calls: Record<string, () => Promise<unknown>> = {
      load: () => load(client, archive),
      pull: async () => (await client.call('ImageCreate', { query: { fromImage: `${registry.host}/app`, tag: 'v1' } })).text(),
      tag: () => client.call('ImageTag', { path: { name: 'busybox' }, query: { repo: 'other' } }),
      create: () => createIn(client, shell('true', { Volumes: { '/data': {} } })),
      start: () => client.call('ContainerStart', { path: { id: stopped } }),
      rename: () => client.call('ContainerRename', { path: { id: stopped }, query: { name: 'renamed' } }),
      update: () => client.call('ContainerUpdate', { path: { id: running }, body: { Memory: 64 << 20, MemorySwap: -1 } }),
      pause: () => client.call('ContainerPause', { path: { id: running } }),
      commit: () => client.call('ImageCommit', { query: { container: stopped, repo: 'committed' } }),
      volume: () => client.call('VolumeCreate', { body: { Name: 'volume' } }),
      network: () => client.call('NetworkCreate', { body: { Name: 'network' } }),
    };

    disk.fill(shortage);
    const before = kept(data);
    const told: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(calls)) told[name] = await outcome(call);

    expect(kept(data)).toEqual(before);
    const said = expect.stringMatching(/^\w+ \/.*: no space left on device$/) as unknown;
    expect(told).toEqual(Object.fromEntries(Object.keys(calls).map((name) => [name, said])));
    expect((await inspectIn(client, running)).State.Status).toBe('running');
    await client.call('ContainerStop', { path: { id: policed } });
    expect((await inspectIn(client, policed)).State).toMatchObject({ Status: 'exited', ExitCode: 7 });
    expect(problems.join('\n')).toMatch(/its state is not on the disk yet: write .*state.json: no space left on device/);

    disk.empty();
    for (const [name, call] of Object.entries(calls)) expect([name, await outcome(call)]).toEqual([name, 'done']);
    await client.call('ContainerUnpause', { path: { id: running } });
    await client.call('ContainerStop', { path: { id: running } });
    const stateFile = join(data, 'engine/containers', policed, 'state.json');
    await askUntil(
      () => readFile(stateFile, 'utf8'),
      (text) => text.includes('"exited"'),
    );
  }, 120_000);

  test('containers, images, volumes and networks can be removed, which makes the space', async () => {
    const { disk, client, data, problems } = await openOnSmallDisk();
    const running = await runIn(client, shell(endless, { Volumes: { '/data': {} } }));
    const created = await createIn(client, shell('true', { HostConfig: { Binds: ['named:/data'] } }));
    await client.call('NetworkCreate', { body: { Name: 'network' } });

    disk.fill(shortage);
    await client.call('ContainerDelete', { path: { id: running }, query: { force: true, v: true } });
    await client.call('ContainerDelete', { path: { id: created }, query: { v: true } });
    await client.call('VolumeDelete', { path: { name: 'named' } });
    await client.call('NetworkDelete', { path: { id: 'network' } });
    await client.call('ImageDelete', { path: { name: 'busybox' } });

    for (const folder of ['containers', 'volumes/.removed', 'images', 'names', 'layers', 'blobs/sha256', 'ingest'])
      expect([folder, readdirSync(join(data, 'engine', folder))]).toEqual([folder, []]);
    expect(readdirSync(join(data, 'engine/rw'))).toEqual(['skeleton']);
    expect(readdirSync(join(data, 'engine/volumes'))).toEqual(['.removed']);
    expect(problems.filter((problem) => !problem.includes('its state is not on the disk yet'))).toEqual([]);
  });

  test('a container that writes goes on, and so does the rotation of its log when there is space', async () => {
    const { disk, client } = await openOnSmallDisk();
    const LogConfig = { Type: 'json-file', Config: { 'max-size': '2k', 'max-file': '3' } };
    const id = await runIn(client, shell(endless, { HostConfig: { LogConfig } }));
    const { Pid } = (await inspectIn(client, id)).State;
    const lastLine = async (): Promise<number> => {
      const { bytes } = await client.call('ContainerLogs', { path: { id }, query: { stdout: true, tail: '1' } });
      return Number(/line (\d+)/.exec(Buffer.concat(await Array.fromAsync(bytes)).toString())?.[1] ?? -1);
    };
    disk.fill(shortage);
    await sleep(3000);
    expect((await inspectIn(client, id)).State).toMatchObject({ Status: 'running', Pid });

    disk.empty();
    const before = await lastLine();
    await askUntil(lastLine, (line) => line > before + 100);
    expect((await inspectIn(client, id)).State).toMatchObject({ Status: 'running', Pid });
  });

  test('an engine that starts then says so, has all that there was, and goes on when there is space', async () => {
    const full = await openOnSmallDisk();
    const { disk, data, problems, restart } = full;
    let { client } = full;
    await client.call('NetworkCreate', { body: { Name: 'network' } });
    const host = { NetworkMode: 'network', Binds: ['volume:/data'], PortBindings: { '80/tcp': [{ HostPort: '' }] } };
    const running = await runIn(client, shell(endless, { HostConfig: host }), 'running');
    const stopped = await runIn(client, shell('echo changed >/file; exit 3'), 'stopped');
    await waitIn(client, stopped);
    const { Pid } = (await inspectIn(client, running)).State;
    const seen = async (): Promise<unknown> => ({
      containers: await Promise.all([running, stopped].map(async (id) => ({ ...(await inspectIn(client, id)), State: undefined }))),
      states: await Promise.all([running, stopped].map(async (id) => (await inspectIn(client, id)).State)),
      images: await (await client.call('ImageList')).json(),
      volumes: await (await client.call('VolumeList')).json(),
      networks: await (await client.call('NetworkList')).json(),
    });
    const before = await seen();
    const files = kept(data);

    client = await restart(() => disk.fill(shortage));
    expect(problems.join('\n')).toMatch(/the disk of .* is full: containers that run go on/);
    expect(await seen()).toEqual(before);
    expect(kept(data)).toEqual(files);
    expect(await outcome(() => createIn(client, shell('true')))).toMatch(/: no space left on device$/);
    expect(await outcome(() => client.call('ContainerStart', { path: { id: stopped } }))).toMatch(/: no space left on device$/);
    expect((await inspectIn(client, running)).State).toMatchObject({ Status: 'running', Pid });

    disk.empty();
    await client.call('ContainerStart', { path: { id: stopped } });
    expect(await waitIn(client, stopped)).toBe(3);
    await client.call('ContainerStop', { path: { id: running } });
    expect((await inspectIn(client, running)).State.ExitCode).toBe(7);
    client = await restart(() => undefined);
    expect((await inspectIn(client, running)).State.ExitCode).toBe(7);
  });

  test('a container that policy restarts waits for space', async () => {
    const { disk, client } = await openOnSmallDisk();
    const id = await runIn(client, shell('sleep 0.3; exit 3', { HostConfig: { RestartPolicy: { Name: 'always' } } }));
    disk.fill(shortage);
    await askUntil(
      () => inspectIn(client, id),
      ({ State }) => State.Status === 'restarting',
    );
    await sleep(1000);
    expect((await inspectIn(client, id)).State.Status).toBe('restarting');

    disk.empty();
    await askUntil(
      () => inspectIn(client, id),
      ({ State }) => State.Status === 'running',
    );
  });
});

/** `done`, or what the call failed with. */
async function outcome(call: () => Promise<unknown>): Promise<string> {
  try {
    const answer = await call();
    // A stream of progress that has begun can only tell its failure at its end.
    const error = typeof answer === 'string' ? /"error":"([^"]*)"/.exec(answer)?.[1] : undefined;
    return error ?? 'done';
  } catch (thrown) {
    return (thrown as Failure).message;
  }
}
