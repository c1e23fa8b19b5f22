import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { type Caller, engineClient, type FileEntry, type FilePage } from '@gantry/engine-api';
import { FileTree } from '@gantry/linux';
import { type TarInput, writeTar } from '@gantry/oci';
import { createIn, inspectIn, runIn, shell } from '../testing/container-client.ts';
import { openTestEngine, type TestEngine } from '../testing/open-test-engine.ts';
import { extractArchive, extractLimits } from './extract-archive.ts';

const opened = closedAfterEach();
let engine: TestEngine;
beforeAll(async () => {
  engine = await openTestEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const tarOf = async (entries: readonly TarInput[]): Promise<Buffer> => Buffer.concat(await Array.fromAsync(writeTar(entries)));
const namesOf = async (answer: { json<T>(): Promise<T> }): Promise<string[]> =>
  (await answer.json<FilePage>()).entries.map(({ name }) => name);
const changesOf = async (id: string): Promise<unknown> => (await engine.client.call('ContainerChanges', { path: { id } })).json();

async function hostDirectory(): Promise<string> {
  const { path } = opened.use(await temporaryDirectory());
  writeFileSync(join(path, 'secret'), 'of the host');
  return path;
}

/** An image in which `/link` leads to a place that is not there. */
async function imageWithDanglingLink(): Promise<string> {
  const path = { id: await createIn(engine.client, shell('true')) };
  const body = await tarOf([{ type: 'symlink', name: 'link', linkName: '/srv/place' }]);
  await engine.client.call('ContainerFileExtract', { path, query: { path: '/' }, body });
  await engine.client.call('ImageCommit', { query: { container: path.id, repo: 'dangling' } });
  return 'dangling';
}

test('reading makes no place for a mount in the container and leaves links alone; writing to one goes to where the link leads', async () => {
  const Image = await imageWithDanglingLink();
  const path = { id: await createIn(engine.client, shell('true', { Image, HostConfig: { Binds: ['v1:/deep/missing', 'v2:/link'] } })) };

  await engine.client.call('VolumeFileWrite', { path: { name: 'v1' }, query: { path: '/there' }, body: Buffer.from('x') });
  expect(await namesOf(await engine.client.call('ContainerFileList', { path, query: { path: '/deep/missing' } }))).toEqual(['there']);
  await engine.client.call('ContainerFileStat', { path, query: { path: '/link' } });
  await engine.client.call('ContainerArchiveInfo', { path, query: { path: '/bin' } });
  await (await engine.client.call('ContainerFileArchive', { path, query: { path: '/link' } })).text();
  expect((await changesOf(path.id)) ?? []).toEqual([]);

  await engine.client.call('ContainerFileWrite', { path, query: { path: '/link/file' }, body: Buffer.from('written') });
  const written = await engine.client.call('VolumeFileContent', { path: { name: 'v2' }, query: { path: '/file' } });
  expect(await written.text()).toBe('written');
  const link = await engine.client.call('ContainerFileStat', { path, query: { path: '/link' } });
  expect(await link.json<FileEntry>()).toMatchObject({ type: 'symlink', linkTarget: '/srv/place' });
});

test('paths of the host that are mounted there are reached only by who asks for them', async () => {
  const host = await hostDirectory();
  const path = {
    id: await createIn(engine.client, shell('true', { HostConfig: { Binds: [`${host}:/srv/host`, `${host}/secret:/file`] } })),
  };
  const refused = { details: { status: 403 } };
  const body = Buffer.from('x');
  await engine.client.call('ContainerFileExtract', {
    path,
    query: { path: '/' },
    body: await tarOf([{ type: 'symlink', name: 'way', linkName: '/srv/host' }]),
  });

  await expect(engine.client.call('ContainerFileList', { path, query: { path: '/srv/host' } })).rejects.toMatchObject({
    message: '/srv/host is a path of the host: to reach it takes hostBinds and the right to that',
    ...refused,
  });
  for (const way of ['/srv/host/secret', '/way/secret', '/file']) {
    await expect(engine.client.call('ContainerFileContent', { path, query: { path: way } })).rejects.toMatchObject(refused);
    await expect(engine.client.call('ContainerFileWrite', { path, query: { path: way }, body })).rejects.toMatchObject(refused);
    await expect(engine.client.call('ContainerFileArchive', { path, query: { path: way } })).rejects.toMatchObject(refused);
    await expect(engine.client.call('ContainerFileRemove', { path, query: { path: way } })).rejects.toMatchObject(refused);
  }
  await expect(engine.client.call('ContainerFileExtract', { path, query: { path: '/way' }, body: await tarOf([]) })).rejects.toMatchObject(
    refused,
  );
  await expect(engine.client.call('ContainerFileRemove', { path, query: { path: '/srv', recursive: true } })).rejects.toMatchObject({
    details: { status: 409 },
  });
  expect([readdirSync(host), readFileSync(join(host, 'secret'), 'utf8')]).toEqual([['secret'], 'of the host']);
  const asked = await engine.client.call('ContainerFileContent', { path, query: { path: '/way/secret', hostBinds: true } });
  expect(await asked.text()).toBe('of the host');
});

test('an archive gets nothing to where a path of the host is mounted, and does not take that place away', async () => {
  const host = await hostDirectory();
  const path = { id: await runIn(engine.client, shell('sleep 60', { HostConfig: { Binds: [`${host}:/srv/deep/höst`] } })) };
  const extract = async (query: string, ...entries: readonly TarInput[]): Promise<string> =>
    engine.client.call('ContainerFileExtract', { path, query: { path: query }, body: await tarOf(entries) }).then(
      () => '',
      (failure: unknown) => (failure as Error).message,
    );
  const file = (name: string): TarInput => ({ type: 'file', name, sizeBytes: 1, body: [Buffer.from('x')] });
  const name = Buffer.from('höst').toString('latin1');
  const refused = '/srv/deep/höst is a path of the host: to reach it takes hostBinds and the right to that';
  await extract('/', { type: 'symlink', name: 'way', linkName: 'srv/deep' }, file('own'));

  expect(await extract('/srv', file(`deep/${name}`))).toBe(refused);
  expect(await extract('/', file(`srv/deep/${name}/below/file`))).toBe(refused);
  expect(await extract('/', file(`way/${name}/file`))).toBe(refused);
  expect(await extract('/', { type: 'symlink', name: 'srv/deep', linkName: '/tmp' })).toBe(refused);
  expect(await extract('/', { type: 'hardlink', name: `srv/deep/${name}`, linkName: 'own' })).toBe(refused);
  expect(await extract('/', { type: 'hardlink', name: 'srv', linkName: 'own' })).toBe(refused);
  expect(await extract('/srv', { type: 'directory', name: `deep/${name}`, uid: 7 }, file('deep/beside'))).toBe('');

  expect([readdirSync(host), statSync(host).uid]).toEqual([['secret'], 0]);
  const query = { path: '/srv/deep/höst/secret', hostBinds: true };
  expect(await (await engine.client.call('ContainerFileContent', { path, query })).text()).toBe('of the host');
  const mounts = readFileSync(`/proc/${(await inspectIn(engine.client, path.id)).State.Pid}/mountinfo`, 'utf8');
  expect(mounts).toContain('/srv/deep/höst');
});

test('docker cp reaches them for a process at the socket, and of people for those of whom the guard says it', async () => {
  const host = await hostDirectory();
  const path = { id: await createIn(engine.client, shell('true', { HostConfig: { Binds: [`${host}:/host`] } })) };
  const as = (caller: Caller) => engineClient(engine.engine.handle, { caller });
  const person = as({ kind: 'person', id: 'p', name: 'ada', requestId: 'r' });

  await expect(person.call('ContainerArchive', { path, query: { path: '/host/secret' } })).rejects.toMatchObject({
    details: { status: 403 },
  });
  for (const answer of [
    await person.call('ContainerArchive', { path, query: { path: '/host/secret', hostBinds: true } }),
    await as({ kind: 'process', uid: 0 }).call('ContainerArchive', { path, query: { path: '/host/secret' } }),
  ]) {
    expect(await answer.text()).toContain('of the host');
  }
});

test('a volume that is a path of the host is one', async () => {
  const host = await hostDirectory();
  const DriverOpts = { type: 'none', o: 'bind', device: host };
  await engine.client.call('VolumeCreate', { body: { Name: 'of-host', DriverOpts } });
  const id = await createIn(engine.client, shell('true', { HostConfig: { Binds: ['of-host:/v'] } }));

  const inVolume = engine.client.call('VolumeFileList', { path: { name: 'of-host' }, query: { path: '/' } });
  await expect(inVolume).rejects.toThrow('volume of-host is a path of the host');
  await expect(engine.client.call('ContainerFileList', { path: { id }, query: { path: '/v' } })).rejects.toMatchObject({
    details: { status: 403 },
  });
  const asked = await engine.client.call('VolumeFileList', { path: { name: 'of-host' }, query: { path: '/', hostBinds: true } });
  expect(await namesOf(asked)).toEqual(['secret']);
});

test('an overlay over directories of the host is of the host too, although no device names them', async () => {
  const [lower, upper] = [await hostDirectory(), opened.use(await temporaryDirectory()).path];
  for (const name of ['upper', 'work']) mkdirSync(join(upper, name));
  const o = `lowerdir=${lower},upperdir=${upper}/upper,workdir=${upper}/work`;
  await engine.client.call('VolumeCreate', { body: { Name: 'over-host', DriverOpts: { type: 'overlay', device: 'overlay', o } } });
  const id = await createIn(engine.client, shell('true', { HostConfig: { Binds: ['over-host:/v'] } }));
  const refused = { details: { status: 403 } };

  const query = { path: '/secret' };
  await expect(engine.client.call('VolumeFileContent', { path: { name: 'over-host' }, query })).rejects.toMatchObject(refused);
  await expect(engine.client.call('ContainerFileContent', { path: { id }, query: { path: '/v/secret' } })).rejects.toMatchObject(refused);
});

test('a container that puts a pipe in the place of what is being written holds nobody up', async () => {
  const host = await hostDirectory();
  const swapping = 'while :; do for f in /.gantry-*; do [ -f "$f" ] && rm "$f" && mkfifo "$f" && : >/swapped; done; done';
  const id = await runIn(engine.client, shell(swapping, { HostConfig: { Binds: [`${host}/secret:/secret`] } }));
  const path = { id };
  async function* slowBody(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    await eventually(async () => {
      await engine.client.call('ContainerFileStat', { path, query: { path: '/swapped' } });
    });
  }

  // A file that is mounted cannot be replaced, so what was written beside it is copied into it.
  const writing = engine.client.call('ContainerFileWrite', { path, query: { path: '/secret', hostBinds: true }, body: slowBody() });

  await expect(writing).rejects.toMatchObject({ message: 'is no regular file: /secret', details: { status: 400 } });
  expect(readFileSync(join(host, 'secret'), 'utf8')).toBe('of the host');
});

test('a write takes no more than the most, whatever it asks for', async () => {
  await engine.client.call('VolumeCreate', { body: { Name: 'clamped' } });
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let pieces = 0; pieces < 4097; pieces++) yield await Promise.resolve(Buffer.alloc(65_536));
  }
  const query = { path: '/large', mostBytes: 1_000_000_000_000 };

  const writing = engine.client.call('VolumeFileWrite', { path: { name: 'clamped' }, query, body: large() });

  await expect(writing).rejects.toThrow('what is written to /large has more than 268435456 bytes');
  expect(await namesOf(await engine.client.call('VolumeFileList', { path: { name: 'clamped' }, query: { path: '/' } }))).toEqual([]);
}, 120_000);

test('an archive that unpacks to too much is refused before it fills the disk', async () => {
  const { path } = opened.use(await temporaryDirectory());
  using tree = FileTree.open(path);
  const bomb = gzipSync(await tarOf([{ type: 'file', name: 'zeros', sizeBytes: 8_000_000, body: [Buffer.alloc(8_000_000)] }]));
  const extract = (limits: Partial<typeof extractLimits>): Promise<void> =>
    extractArchive([bomb] as unknown as AsyncIterable<Uint8Array>, {
      ...{ tree, directory: '', keepsKinds: false, owner: undefined, hidden: [] },
      limits: { ...extractLimits, ...limits },
    });

  await expect(extract({ ratioFromBytes: 1_000_000 })).rejects.toMatchObject({ code: 'exhausted', message: /decompression bomb/ });
  await expect(extract({ sizeBytes: 1_000_000 })).rejects.toThrow('archive has more than 1000000 bytes');
  await expect(extract({ diskFromBytes: 1, diskReserve: 1 })).rejects.toThrow('less than 100 % of the disk at / is free');
  await extract({});
});

test('a tree that is deeper than a path can be is removed, and no archive of it hangs', async () => {
  const answer = await engine.client.call('VolumeCreate', { body: { Name: 'deep' } });
  const { Mountpoint } = await answer.json<{ Mountpoint: string }>();
  mkdirSync(join(Mountpoint, 'top'));
  const script = 'import os,sys\nos.chdir(sys.argv[1])\nfor i in range(12000):\n  os.mkdir("d")\n  os.chdir("d")';
  execFileSync('python3', ['-c', script, join(Mountpoint, 'top')]);
  const path = { name: 'deep' };

  const archive = (async () => (await engine.client.call('VolumeFileArchive', { path, query: { path: '/top' } })).text())();
  await expect(archive).rejects.toThrow();
  await engine.client.call('VolumeFileRemove', { path, query: { path: '/top', recursive: true } });
  expect(readdirSync(Mountpoint)).toEqual([]);
}, 120_000);

test('a removal of many files ends when it is given up, and what it has not reached stays', async () => {
  const answer = await engine.client.call('VolumeCreate', { body: { Name: 'wide' } });
  const { Mountpoint } = await answer.json<{ Mountpoint: string }>();
  const top = join(Mountpoint, 'top');
  const make = 'import os,sys\nos.makedirs(sys.argv[1],exist_ok=True)\nos.chdir(sys.argv[1])\n';
  const fill = `${make}for i in range(40000): os.close(os.open(str(i),os.O_CREAT))`;
  const query = { path: '/top', recursive: true };
  let failure: unknown;
  // A removal that is over before it was given up says nothing: then the next one is given up.
  for (let tries = 1; !existsSync(top) && tries <= 20; tries++) {
    const [given, over] = [new AbortController(), new AbortController()];
    execFileSync('python3', ['-c', fill, top]);
    const filledAt = statSync(top, { bigint: true }).mtimeNs;
    const removing = engine.client.call('VolumeFileRemove', { path: { name: 'wide' }, query }, given.signal).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    void removing.then(() => over.abort());
    while (!over.signal.aborted && statSync(top, { bigint: true, throwIfNoEntry: false })?.mtimeNs === filledAt) await turn();
    given.abort();
    failure = await removing;
  }

  expect(failure).toMatchObject({ code: 'cancelled' });
  const left = readdirSync(top).length;
  expect(left).toBeGreaterThan(0);
  await engine.client.call('VolumeFileStat', { path: { name: 'wide' }, query: { path: '/top' } });
  expect(readdirSync(top)).toHaveLength(left);
});
