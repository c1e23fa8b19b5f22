import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { openKernel } from '@gantry/linux';
import { digestOf, mediaTypes, type TarInput } from '@gantry/oci';
import { dockerArchive, imageOf, ociArchive, tarFile, tarOf, type TestImage } from '../testing/image-archives.ts';
import { type Images, openImages } from './open-images.ts';

const opened = closedAfterEach();
const signal = AbortSignal.timeout(60_000);
const large = randomBytes(3 * 1024 * 1024);

async function openAt(root: string): Promise<Images> {
  return await openImages({ kernel: opened.use(await openKernel()), dataRoot: root, events: { publish: () => undefined } });
}

async function host(): Promise<{ root: string; images: Images }> {
  const { path: root } = opened.use(await temporaryDirectory());
  return { root, images: await openAt(root) };
}

async function* pieces(bytes: Uint8Array, bytesEach = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += bytesEach) yield await Promise.resolve(bytes.subarray(at, at + bytesEach));
}

async function load(images: Images, archive: Uint8Array, from = signal): Promise<void> {
  await Array.fromAsync(images.load(pieces(archive), { signal: from }));
}

async function blobOf(images: Images, { layers }: TestImage): Promise<{ whole: Buffer; bytesOnDisk: number }> {
  const digest = digestOf(layers[0] ?? '');
  return {
    whole: Buffer.concat(await Array.fromAsync(images.store.blobs.stream(digest))),
    bytesOnDisk: statSync(images.store.blobs.path(digest)).blocks * 512,
  };
}

const imageWith = async (...entries: readonly TarInput[]): Promise<TestImage> => imageOf([await tarOf(entries)]);
const small = tarFile('small', 'a few words');
const verified = async (images: Images): Promise<Set<string>> =>
  new Set((await Array.fromAsync(images.verify(signal))).map(({ state }) => state));

const plainLayout = { name: 'app:1', layer: (tar: Buffer) => tar, mediaType: mediaTypes.ociLayer };

test.each([
  ['docker save', (image: TestImage) => dockerArchive([{ image, tags: ['app:1'] }])],
  ['an OCI layout', (image: TestImage) => ociArchive(image, plainLayout)],
])('a large file of a plain layer in an archive of %s is kept once, and the layer is given out as it came', async (_, pack) => {
  const { root, images } = await host();
  const image = await imageWith(small, tarFile('usr/large', large), tarFile('last', 'word'));
  await load(images, await pack(image));

  const { whole, bytesOnDisk } = await blobOf(images, image);
  expect(whole.equals(image.layers[0] ?? Buffer.of())).toBe(true);
  expect(bytesOnDisk).toBeLessThan(64 * 1024);
  expect(await verified(images)).toEqual(new Set(['whole']));
  expect(readdirSync(join(root, 'ingest'))).toEqual([]);

  const again = await openAt(root);
  expect((await blobOf(again, image)).whole.equals(whole)).toBe(true);
  await again.remove('app:1', { force: false, keepsParents: false });
  expect(readdirSync(join(root, 'blobs/borrowed'))).toEqual([]);
});

test('what another entry of the layer has taken the place of stays in the blob', async () => {
  const { images } = await host();
  const image = await imageWith(
    ...[tarFile('twice', large), tarFile('twice', randomBytes(large.length))],
    ...[tarFile('a/file', large), { type: 'symlink', name: 'b', linkName: 'a' } as const, tarFile('b/file', randomBytes(large.length))],
    ...[tarFile('c/file', large), tarFile('c', 'no directory any more')],
    ...[tarFile('linked', large), { type: 'hardlink', name: 'other', linkName: 'linked' } as const],
  );
  await load(images, await dockerArchive([{ image, tags: ['app:1'] }]));

  expect((await blobOf(images, image)).whole.equals(image.layers[0] ?? Buffer.of())).toBe(true);
  expect(await verified(images)).toEqual(new Set(['whole']));
});

test('a file that a blob borrows of and that is gone is told, and a link in its place leads nowhere', async () => {
  const { images } = await host();
  const image = await imageWith(tarFile('usr/large', large));
  await load(images, await dockerArchive([{ image, tags: ['app:1'] }]));
  const file = join(images.store.layers.path(digestOf(image.layers[0] ?? '')), 'usr/large');
  const outside = join(opened.use(await temporaryDirectory()).path, 'large');
  writeFileSync(outside, large);
  rmSync(file);
  await expect(blobOf(images, image)).rejects.toThrow('has no file "usr/large"');
  symlinkSync(outside, file);
  await expect(blobOf(images, image)).rejects.toThrow('has no file "usr/large"');
  expect(await verified(images)).toContain('damaged');
});

test('a blob without the layer that it borrows of is not there', async () => {
  const { root, images } = await host();
  const image = await imageWith(tarFile('usr/large', large));
  await load(images, await dockerArchive([{ image, tags: ['app:1'] }]));
  const digest = digestOf(image.layers[0] ?? '');
  rmSync(join(root, 'layers', digest.slice(7)), { recursive: true });

  const again = await openAt(root);
  expect(await again.store.blobs.has(digest)).toBe(false);
  await load(again, await dockerArchive([{ image, tags: ['app:1'] }]));
  expect((await blobOf(again, image)).whole.equals(image.layers[0] ?? Buffer.of())).toBe(true);
});

test('two loads of the same layer at once keep it whole', async () => {
  const { images } = await host();
  const image = await imageWith(small, tarFile('usr/large', large));
  await Promise.all(['app:1', 'app:2', 'app:3'].map(async (tag) => load(images, await dockerArchive([{ image, tags: [tag] }]))));
  expect((await blobOf(images, image)).whole.equals(image.layers[0] ?? Buffer.of())).toBe(true);
  expect(await verified(images)).toEqual(new Set(['whole']));
});

test('a load that stands still in the middle of a layer can be cancelled, and leaves nothing', async () => {
  const { root, images } = await host();
  const image = await imageWith(tarFile('usr/large', large));
  const archive = await dockerArchive([{ image, tags: ['app:1'] }]);
  const gone = new AbortController();
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield* pieces(archive.subarray(0, archive.length / 2));
    await delay(200);
    gone.abort();
    throw new Error('the client went away');
  }
  await expect(Array.fromAsync(images.load(stalled(), { signal: gone.signal }))).rejects.toThrow();
  expect(readdirSync(join(root, 'ingest'))).toEqual([]);
  expect(existsSync(join(root, 'layers', digestOf(image.layers[0] ?? '').slice(7)))).toBe(false);
  await load(images, archive);
  expect(readFileSync(join(images.store.layers.path(digestOf(image.layers[0] ?? '')), 'usr/large')).equals(large)).toBe(true);
});
