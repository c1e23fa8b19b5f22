import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { openKernel } from '@gantry/linux';
import { digestOf, mediaTypes } from '@gantry/oci';
import type { EngineEvent } from '../events/engine-event.ts';
import type { ContainerId } from '../ids.ts';
import { busyboxImage, dockerArchive, imageOf, ociArchive, tarFile, tarOf, type TestImage } from '../testing/image-archives.ts';
import { type Images, openImages } from './open-images.ts';
import type { ProgressMessage } from './progress.ts';

const opened = closedAfterEach();
const container = 'c'.repeat(64) as ContainerId;

interface Host {
  readonly root: string;
  readonly images: Images;
  readonly events: Omit<EngineEvent, 'timeNano'>[];
  readonly said: string[];
}

async function host(root?: string): Promise<Host> {
  const dataRoot = root ?? opened.use(await temporaryDirectory()).path;
  const events: Host['events'] = [];
  const said: string[] = [];
  const kernel = opened.use(await openKernel());
  const images = await openImages({
    kernel,
    dataRoot,
    events: { publish: (event) => events.push(event) },
    report: (line) => said.push(line),
  });
  return { root: dataRoot, images, events, said };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield await Promise.resolve(bytes.subarray(at, at + 65_536));
}

async function load({ images }: Host, archive: Uint8Array): Promise<ProgressMessage[]> {
  return Array.fromAsync(images.load(pieces(archive), { signal: new AbortController().signal }));
}

async function small(text: string, config: Record<string, unknown> = {}): Promise<TestImage> {
  return imageOf([await tarOf([tarFile('file', text)])], config);
}

const streams = (messages: ProgressMessage[]): string[] => messages.flatMap(({ stream }) => (stream === undefined ? [] : [stream]));
const files = (root: string): number => Number(execFileSync('sh', ['-c', `find "${root}" -type f | wc -l`], { encoding: 'utf8' }));

test('an archive of docker save is loaded, listed under its names, and its rootfs runs', async () => {
  const at = await host();
  const image = await busyboxImage({ Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, Entrypoint: ['/bin/sh', '-c'], User: '1:2' });
  const messages = await load(at, await dockerArchive([{ image, tags: ['busybox:1', 'localhost:5000/tools/busybox:x'] }]));

  expect(streams(messages)).toEqual(['Loaded image: busybox:1\n', 'Loaded image: localhost:5000/tools/busybox:x\n']);
  const progress = messages.filter(({ status }) => status === 'Loading layer');
  expect(progress.at(-1)).toMatchObject({
    id: digestOf(image.layers[1] ?? '').slice(7, 19),
    progress: expect.stringMatching(/^\[=+> *\] .*B\/.*B$/) as string,
  });
  expect(at.events.map(({ action, actorId }) => [action, actorId])).toEqual([['load', image.id]]);
  for (const name of [
    'busybox:1',
    'docker.io/library/busybox:1',
    image.id,
    image.id.slice(7, 19),
    image.id.slice(7),
    'localhost:5000/tools/busybox:x',
  ]) {
    expect(await at.images.resolve(name)).toMatchObject({
      id: image.id,
      defaults: { user: '1:2', labels: { a: 'b' }, exposedPorts: ['80/tcp'], entrypoint: ['/bin/sh', '-c'], command: ['sh'] },
    });
  }

  await at.images.createRootfs(container, (await at.images.resolve('busybox:1')).id);
  const rootfs = await at.images.mountRootfs(container);
  opened.defer(() => at.images.removeRootfs(container));
  expect(await at.images.mountRootfs(container)).toBe(rootfs);
  const output = execFileSync('chroot', [rootfs, '/bin/sh', '-c', 'echo hello > /tmp/x; cat /tmp/x; ls -a /'], { encoding: 'utf8' });
  expect(output.split('\n')).toEqual(expect.arrayContaining(['hello', '.dockerenv', 'etc']));
  expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8')).toContain('nobody');
  expect(await at.images.sizeOf(container)).toMatchObject({ writableBytes: 6 });
  await at.images.unmountRootfs(container);
  expect(readdirSync(rootfs)).toEqual([]);
});

test.each([
  ['gzip', gzipSync, mediaTypes.ociLayerGzip],
  ['zstd', zstdCompressSync, mediaTypes.ociLayerZstd],
  ['plain', (tar: Buffer) => tar, mediaTypes.ociLayer],
])('an OCI layout with %s layers is loaded', async (_, layer, mediaType) => {
  const at = await host();
  const image = await small('oci');
  const archive = await ociArchive(image, { name: 'docker.io/library/oci:1', layer, mediaType });
  expect(streams(await load(at, gzipSync(archive)))).toEqual(['Loaded image: oci:1\n']);
  expect((await at.images.resolve('oci:1')).id).toBe(image.id);
  expect(streams(await load(at, await ociArchive(image, { layer, mediaType })))).toEqual([`Loaded image ID: ${image.id}\n`]);
});

test('whiteouts of an upper layer hide what lies below in the mounted rootfs', async () => {
  const at = await host();
  const lower = await tarOf([tarFile('gone', '1'), tarFile('kept', '1'), tarFile('dir/old', '1'), tarFile('removed/x', '1')]);
  const upper = await tarOf([
    tarFile('.wh.gone', ''),
    tarFile('dir/.wh..wh..opq', ''),
    tarFile('dir/new', '2'),
    tarFile('.wh.removed', ''),
  ]);
  const image = imageOf([lower, upper, lower, upper]);
  await load(at, await dockerArchive([{ image, tags: ['w'] }]));
  await at.images.createRootfs(container, (await at.images.resolve('w')).id);
  const rootfs = await at.images.mountRootfs(container);
  opened.defer(() => at.images.removeRootfs(container));
  expect(readdirSync(rootfs).sort()).toEqual(['.dockerenv', 'dev', 'dir', 'etc', 'kept', 'proc', 'sys']);
  expect(readdirSync(join(rootfs, 'dir'))).toEqual(['new']);
});

test('what a container changed is told as docker diff does', async () => {
  const at = await host();
  await load(at, await dockerArchive([{ image: await busyboxImage(), tags: ['busybox'] }]));
  await at.images.createRootfs(container, (await at.images.resolve('busybox')).id);
  const rootfs = await at.images.mountRootfs(container);
  opened.defer(() => at.images.removeRootfs(container));
  expect(await at.images.changesOf(container)).toEqual([]);
  execFileSync('chroot', [
    rootfs,
    '/bin/sh',
    '-c',
    'echo x > /tmp/new; rm /etc/group; echo more >> /etc/passwd; mkdir -p /var/a/b; chmod 700 /root',
  ]);
  expect(await at.images.changesOf(container)).toEqual([
    { Path: '/etc', Kind: 0 },
    { Path: '/etc/group', Kind: 2 },
    { Path: '/etc/passwd', Kind: 0 },
    { Path: '/root', Kind: 0 },
    { Path: '/tmp', Kind: 0 },
    { Path: '/tmp/new', Kind: 1 },
    { Path: '/var', Kind: 0 },
    { Path: '/var/a', Kind: 1 },
    { Path: '/var/a/b', Kind: 1 },
  ]);
});

test.each([
  ['no tar', Buffer.from('hello, this is nothing'.repeat(100)), 'tar header'],
  ['a tar without a manifest', tarOf([tarFile('x', '1')]), 'invalid archive: does not contain a manifest.json'],
  [
    'a manifest of a missing configuration',
    tarOf([tarFile('manifest.json', '[{"Config":"x.json","Layers":[]}]')]),
    'does not contain x.json',
  ],
  ['a manifest that climbs', tarOf([tarFile('manifest.json', '[{"Config":"../../../etc/passwd","Layers":[]}]')]), 'does not contain'],
  ['broken JSON', tarOf([tarFile('manifest.json', '[{')]), 'manifest.json is not JSON'],
])('%s is refused and leaves nothing', async (_, archive, message) => {
  const at = await host();
  const before = files(at.root);
  await expect(load(at, await archive)).rejects.toThrow(message);
  expect(files(at.root)).toBe(before);
});

test('a layer that is not what the configuration says is refused, and no image appears', async () => {
  const at = await host();
  const image = await small('good');
  const bad = { ...image, layers: [await tarOf([tarFile('file', 'evil')])] };
  await expect(load(at, await dockerArchive([{ image: bad, tags: ['x'] }]))).rejects.toThrow('layer verification failed');
  expect(at.images.store.all()).toEqual([]);
  expect(() => at.images.find('x')).toThrow('No such image: x:latest');
});

test('a blob of an OCI layout that is not what its digest says is refused', async () => {
  const at = await host();
  const archive = await ociArchive(await small('oci'), { name: 'oci:1', layer: (tar) => tar, mediaType: mediaTypes.ociLayer });
  const swapped = Buffer.from(archive.toString('latin1').replaceAll('2024-05-06', '2025-05-06'), 'latin1');
  await expect(load(at, swapped)).rejects.toThrow('blob verification failed for digest sha256:');
});

test('a name that a second image takes leaves the first without it', async () => {
  const at = await host();
  const [one, two] = [await small('1'), await small('2')];
  await load(at, await dockerArchive([{ image: one, tags: ['app'] }]));
  expect(streams(await load(at, await dockerArchive([{ image: two, tags: ['app'] }])))).toEqual([
    `The image app:latest already exists, renaming the old one with ID ${one.id} to empty string\n`,
    'Loaded image: app:latest\n',
  ]);
  expect((await at.images.resolve('app')).id).toBe(two.id);
  expect(at.images.namesOf(at.images.find(one.id)).tags).toEqual([]);
});

test('what is not there or no name is told in the words of dockerd', async () => {
  const at = await host();
  await expect(at.images.resolve('nothing')).rejects.toMatchObject({ code: 'not-found', message: 'No such image: nothing:latest' });
  await expect(at.images.resolve('sha256:' + 'a'.repeat(64))).rejects.toThrow(`No such image: sha256:${'a'.repeat(64)}`);
  await expect(at.images.resolve('UPPER')).rejects.toMatchObject({ code: 'invalid' });
});

describe('removal', () => {
  const tagged = async (): Promise<Host & { image: TestImage }> => {
    const at = await host();
    const image = await small('content');
    await load(at, await dockerArchive([{ image, tags: ['app:1', 'app:2'] }]));
    return { ...at, image };
  };

  test('names go one by one, the image and its layers with the last', async () => {
    const { images, image, root, events } = await tagged();
    expect(await images.remove('app:1', { force: false, keepsParents: false })).toEqual([{ Untagged: 'app:1' }]);
    expect(await images.remove('app:2', { force: false, keepsParents: false })).toEqual([
      { Untagged: 'app:2' },
      { Deleted: image.id },
      { Deleted: digestOf(image.layers[0] ?? '') },
    ]);
    expect(readdirSync(join(root, 'layers'))).toEqual([]);
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
    expect(events.map(({ action }) => action)).toEqual(['load', 'untag', 'untag', 'delete']);
  });

  test('an id with several names needs force', async () => {
    const { images, image } = await tagged();
    await expect(images.remove(image.id, { force: false, keepsParents: false })).rejects.toMatchObject({
      code: 'conflict',
      message: `conflict: unable to delete ${image.id.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`,
    });
    expect(await images.remove(image.id.slice(7, 15), { force: true, keepsParents: false })).toHaveLength(4);
  });

  test('a container keeps its image, and its layers even against force', async () => {
    const { images, image, root } = await tagged();
    await images.createRootfs(container, images.find('app:1').record.id);
    await images.remove('app:1', { force: false, keepsParents: false });
    await expect(images.remove('app:2', { force: false, keepsParents: false })).rejects.toThrow(
      `conflict: unable to remove repository reference "app:2" (must force) - container ${'c'.repeat(12)} is using its referenced image ${image.id.slice(7, 19)}`,
    );
    const { id: used } = images.find('app:2').record;
    images.usedBy(() => [{ container, image: used, isRunning: true }]);
    await expect(images.remove(image.id, { force: true, keepsParents: false })).rejects.toThrow(
      '(cannot be forced) - image is being used by running container',
    );
    expect(await images.remove('app:2', { force: true, keepsParents: false })).toEqual([{ Untagged: 'app:2' }]);
    images.usedBy(() => []);
    expect(await images.remove(image.id, { force: true, keepsParents: false })).toEqual([{ Deleted: image.id }]);
    expect(readFileSync(join(await images.mountRootfs(container), 'file'), 'utf8')).toBe('content');
    await images.removeRootfs(container);
    expect(readdirSync(join(root, 'rw'))).toEqual(['skeleton']);
  });
});

test('a tag is one more name; wrong names are refused', async () => {
  const at = await host();
  await load(at, await dockerArchive([{ image: await small('x'), tags: ['app'] }]));
  await at.images.tag('app', 'registry.example:5000/team/app', 'v1');
  expect(at.images.namesOf(at.images.find('app')).tags).toEqual(['app:latest', 'registry.example:5000/team/app:v1']);
  await expect(at.images.tag('app', 'Bad', '')).rejects.toMatchObject({ code: 'invalid' });
  await expect(at.images.tag('app', 'app', 'a:b')).rejects.toThrow('invalid tag format');
  await expect(at.images.tag('app', `app@sha256:${'a'.repeat(64)}`, '')).rejects.toThrow(
    'refusing to create a tag with a digest reference',
  );
});

test('images and writable layers are found again; damaged records cost only themselves', async () => {
  const at = await host();
  const [one, two] = [await small('1'), await small('2')];
  await load(
    at,
    await dockerArchive([
      { image: one, tags: ['one'] },
      { image: two, tags: ['two'] },
    ]),
  );
  await at.images.createRootfs(container, at.images.find('one').record.id);
  writeFileSync(join(at.root, 'images', `${two.id.slice(7)}.json`), '{"id":');
  writeFileSync(join(at.root, 'names', 'garbage.json'), 'garbage');

  const again = await host(at.root);
  expect((await again.images.resolve('one')).id).toBe(one.id);
  await expect(again.images.resolve('two')).rejects.toThrow('No such image: two:latest');
  expect(again.said).toHaveLength(4);
  expect(again.said[3]).toBe('3 layers and blobs that no image has are removed');
  expect(again.said[0]).toMatch(/^record images\/[0-9a-f]{64}\.json is put aside as .*: record is not JSON/);
  expect(readdirSync(join(at.root, 'bad'))).toHaveLength(3);
  expect(readdirSync(join(at.root, 'layers'))).toHaveLength(1);
  expect(readFileSync(join(await again.images.mountRootfs(container), 'file'), 'utf8')).toBe('1');
  await again.images.removeRootfs(container);
});

test('while the record of a writable layer is damaged no layer is cleared away', async () => {
  const at = await host();
  await load(at, await dockerArchive([{ image: await small('1'), tags: ['one'] }]));
  await at.images.createRootfs(container, at.images.find('one').record.id);
  at.images.usedBy(() => []);
  await at.images.remove('one', { force: true, keepsParents: false });
  writeFileSync(join(at.root, 'rw', container, 'rootfs.json'), '{');
  const again = await host(at.root);
  expect(again.said).toEqual([expect.stringContaining(`the writable layer of ${container} cannot be used`)]);
  expect(readdirSync(join(at.root, 'layers'))).toHaveLength(1);
});

test('kill -9 in the middle of a load leaves nothing visible and nothing behind', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const layers = await Promise.all([1, 2, 3].map((number) => tarOf([tarFile(`big-${number}`, randomBytes(20_000_000))])));
  const image = imageOf(layers);
  writeFileSync(join(path, 'archive.tar'), await dockerArchive([{ image, tags: ['big'] }]));
  mkdirSync(join(path, 'data'));
  const empty = await host(join(path, 'data'));
  const filesOfEmpty = files(empty.root);

  for (const lines of [1, 2, 3]) {
    const program = new URL('../testing/load-until-killed.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--conditions=source', program, empty.root, join(path, 'archive.tar')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let seen = 0;
    for await (const line of createInterface(child.stdout)) {
      if (line === 'loaded') throw new Error('it was too fast');
      if (++seen === lines) break;
    }
    child.kill('SIGKILL');
    await exited;
    const after = await host(empty.root);
    expect(after.images.store.all()).toEqual([]);
    expect(files(after.root)).toBe(filesOfEmpty);
    expect(readdirSync(join(after.root, 'layers'))).toEqual([]);
  }
  const last = await host(empty.root);
  const messages = await Array.fromAsync(
    last.images.load(createReadStream(join(path, 'archive.tar')), { signal: new AbortController().signal }),
  );
  expect(streams(messages)).toEqual(['Loaded image: big:latest\n']);
});

test('a disk that gets full in the middle is told as that, leaves nothing, and the next load works', async () => {
  const { path } = opened.use(await temporaryDirectory());
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path]);
  opened.defer(() => void execFileSync('umount', [path]));
  const at = await host(path);
  const before = files(path);
  for (const megabytes of [40, 15]) {
    const image = imageOf([await tarOf([tarFile('big', randomBytes(megabytes * 1_000_000))])]);
    await expect(load(at, await dockerArchive([{ image, tags: ['big'] }]))).rejects.toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('no space left on device') as string,
    });
    expect(at.images.store.all()).toEqual([]);
    expect(files(path)).toBe(before);
  }
  await load(at, await dockerArchive([{ image: await small('fits'), tags: ['small'] }]));
  expect((await at.images.resolve('small')).platform).toBe(`linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`);
});

test('an image of too many layers is refused before any is unpacked', async () => {
  const at = await host();
  const layers = await Promise.all(Array.from({ length: 128 }, (_, number) => tarOf([tarFile(`file-${number}`, '1')])));
  await expect(load(at, await dockerArchive([{ image: imageOf(layers), tags: ['deep'] }]))).rejects.toThrow('max depth exceeded');
  expect(readdirSync(join(at.root, 'layers'))).toEqual([]);
});

test('a load that is cancelled leaves nothing', async () => {
  const at = await host();
  const before = files(at.root);
  const image = imageOf([await tarOf([tarFile('big', randomBytes(5_000_000))])]);
  const gone = new AbortController();
  const loading = Array.fromAsync(at.images.load(pieces(await dockerArchive([{ image, tags: ['x'] }])), { signal: gone.signal }));
  gone.abort();
  await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  expect(files(at.root)).toBe(before);
  expect(existsSync(join(at.root, 'ingest'))).toBe(true);
  expect(statSync(join(at.root, 'layers')).mode & 0o777).toBe(0o700);
});
