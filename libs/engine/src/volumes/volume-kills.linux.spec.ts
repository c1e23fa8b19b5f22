import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { EngineClient } from '@gantry/engine-api';
import { createIn, runIn, shell, waitIn } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive } from '../testing/image-archives.ts';
import { nothingLeft } from '../testing/nothing-left.ts';
import { removeAll } from '../testing/open-test-engine.ts';
import { startEngineProcess } from '../testing/start-engine-process.ts';

const opened = closedAfterEach();
const rounds = 5;

interface Volume {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}
interface Container {
  readonly Mounts: readonly { readonly Name?: string }[];
}

const memory = { type: 'tmpfs', device: 'memory', o: 'size=1m' };
const named = (kind: string): string => `${kind}-${randomUUID().slice(0, 8)}`;

/** What may be under way when the engine is killed; each goes on until it is. */
const works: readonly ((client: EngineClient) => Promise<unknown>)[] = [
  async (client) => {
    const name = named('plain');
    await client.call('VolumeCreate', { body: { Name: name } });
    await client.call('VolumeDelete', { path: { name } });
  },
  async (client) => {
    await client.call('VolumeCreate', { body: { Name: named('pruned') } });
    await client.call('VolumePrune', { query: { filters: { all: ['1'] } } });
  },
  (client) => createIn(client, shell('true', { HostConfig: { Binds: [`${named('full')}:/bin`] }, Volumes: { '/anonymous': {} } })),
  async (client) => {
    const name = named('memory');
    await client.call('VolumeCreate', { body: { Name: name, DriverOpts: memory } });
    const id = await runIn(client, shell('true', { HostConfig: { Binds: [`${name}:/d`] } }));
    await waitIn(client, id);
    await client.call('ContainerDelete', { path: { id }, query: { v: true, force: true } });
    await client.call('VolumeDelete', { path: { name } });
  },
];

/** mountinfo has the mount point in its fifth field. */
const mountsBelow = (root: string): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${root}/`));

test('an engine that is killed while volumes are made, filled, mounted, pruned and removed leaves none of them behind', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const root = join(path, 'data/engine/volumes');
  let engine = await startEngineProcess(path);
  opened.defer(() => {
    nothingLeft({ roots: [path], instance: engine.instance });
  });
  opened.defer(() => engine.kill('SIGTERM'));
  opened.defer(() => removeAll(engine.client));
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await engine.client.call('ImageLoad', { body: archive })).text();
  await createIn(engine.client, shell('true', { HostConfig: { Binds: ['whole:/bin'] } }));
  const whole = readdirSync(join(root, 'whole/_data'));
  const living = await runIn(
    engine.client,
    shell('echo here >/d/file; sleep 1000', {
      HostConfig: {
        Mounts: [{ Type: 'volume', Source: 'living', Target: '/d', VolumeOptions: { DriverConfig: { Name: 'local', Options: memory } } }],
      },
    }),
  );

  for (let round = 0; round < rounds; round++) {
    let isOver = false;
    let done = 0;
    const busy = works.map(async (work) => {
      while (!isOver)
        await work(engine.client).then(
          () => done++,
          () => sleep(1),
        );
    });
    for (const until = Date.now() + 15_000; done < 4 && Date.now() < until;) await sleep(10);
    await sleep(round * 7);
    await engine.kill('SIGKILL');
    isOver = true;
    await Promise.all(busy);
    expect(done).toBeGreaterThan(0);

    engine = await startEngineProcess(path);
    const { Volumes } = await (await engine.client.call('VolumeList')).json<{ Volumes: readonly Volume[] }>();
    const containers = await (await engine.client.call('ContainerList', { query: { all: true } })).json<readonly Container[]>();
    const used = new Set(containers.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)));

    expect(readdirSync(root).sort()).toEqual(['.removed', ...Volumes.map(({ Name }) => Name)].sort());
    expect(readdirSync(join(root, '.removed'))).toEqual([]);
    expect(Volumes.filter(({ Name, Labels }) => Labels?.['com.docker.volume.anonymous'] === '' && !used.has(Name))).toEqual([]);
    for (const { Name } of Volumes.filter(({ Name: name }) => name.startsWith('full-'))) {
      const there = readdirSync(join(root, Name, '_data'));
      expect([Name, there.length === 0 ? 'empty' : there]).toEqual([Name, there.length === 0 ? 'empty' : whole]);
    }
    expect(mountsBelow(root)).toEqual([join(root, 'living/_data')]);
    expect(readFileSync(join(root, 'living/_data/file'), 'utf8')).toBe('here\n');
  }
  await engine.client.call('ContainerDelete', { path: { id: living }, query: { force: true } });
  expect(mountsBelow(root)).toEqual([]);
}, 180_000);
