import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { digestOf, mediaTypes } from '@gantry/oci';
import { dockerArchive, imageOf, ociArchive, tarFile, tarOf, type TestImage } from '../testing/image-archives.ts';
import { type Images, openImages } from './open-images.ts';

const opened = closedAfterEach();
const large = randomBytes(3 * 1024 * 1024);

interface Host {
  readonly root: string;
  readonly images: Images;
}

async function host(root?: string): Promise<Host> {
  const dataRoot = root ?? opened.use(await temporaryDirectory()).path;
  const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };
  return { root: dataRoot, images: await openImages({ kernel, dataRoot, events: { publish: () => undefined } }) };
}

/** All but the last part of it, then what `then` waits for, then the rest. */
async function* halted(bytes: Uint8Array, then: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const halt = Math.floor(bytes.length * 0.7);
  for (let at = 0; at < halt; at += 65_536) yield await Promise.resolve(bytes.subarray(at, Math.min(at + 65_536, halt)));
  await then();
  yield bytes.subarray(halt);
}

const atOnce = (bytes: Uint8Array): AsyncIterable<Uint8Array> => halted(bytes, () => Promise.resolve());

async function load({ images }: Host, source: AsyncIterable<Uint8Array>, signal = new AbortController().signal): Promise<void> {
  await Array.fromAsync(images.load(source, { signal }));
}

/** How much of a file of a layer that is still coming in lies on the disk. */
const comingBytes = ({ root }: Host, name: string): number =>
  globSync(join(root, 'ingest/*/layer/fs', name)).reduce((sum, path) => sum + statSync(path).size, 0);
const unpackedSome = (at: Host) => (): Promise<void> => eventually(() => expect(comingBytes(at, 'large')).toBeGreaterThan(0));

const imageWith = async (...bodies: readonly Buffer[]): Promise<TestImage> =>
  imageOf(await Promise.all(bodies.map((body) => tarOf([tarFile('small', 'a few words'), tarFile('large', body)]))));
const archiveOf = (image: TestImage, tag = 'app:1'): Promise<Buffer> => dockerArchive([{ image, tags: [tag] }]);
const layerFile = ({ images }: Host, tar: Uint8Array | undefined): Buffer =>
  readFileSync(join(images.store.layers.path(digestOf(tar ?? '')), 'large'));
const verified = async ({ images }: Host): Promise<string[]> => [
  ...new Set((await Array.fromAsync(images.verify(new AbortController().signal))).map(({ state }) => state)),
];

/** No image, no layer, no blob, and nothing half made. */
function expectNothing({ root, images }: Host): void {
  expect(images.store.all()).toEqual([]);
  expect(['ingest', 'layers', 'blobs/sha256'].flatMap((name) => readdirSync(join(root, name)))).toEqual([]);
}

test('a layer is unpacked while the rest of its archive is still on its way', async () => {
  const at = await host();
  const image = await imageWith(large, Buffer.from('no large layer'), randomBytes(2 * 1024 * 1024));
  await load(at, halted(await archiveOf(image), unpackedSome(at)));
  expect(layerFile(at, image.layers[0]).equals(large)).toBe(true);
  expect(await verified(at)).toEqual(['whole']);
  expect(readdirSync(join(at.root, 'ingest'))).toEqual([]);

  // It is named after its digest, and is there: it is only compared.
  const unlikeDocker = image.layers.map((layer) => tarFile(`${digestOf(layer).slice(7)}.tar`, layer));
  const manifest = [{ Config: 'config', RepoTags: ['app:3'], Layers: unlikeDocker.map(({ name }) => name) }];
  const archive = await tarOf([...unlikeDocker, tarFile('config', image.configBytes), tarFile('manifest.json', JSON.stringify(manifest))]);
  for (const again of [await archiveOf(image, 'app:2'), archive])
    await load(
      at,
      halted(again, () => Promise.resolve(expect(comingBytes(at, 'large')).toBe(0))),
    );
  expect((await at.images.resolve('app:3')).id).toBe(image.id);
});

test('loads of one layer at once, while an image of it is removed, leave whole images and nothing else', async () => {
  const at = await host();
  const image = await imageWith(large);
  await load(at, atOnce(await archiveOf(image, 'first')));
  const removal = (): Promise<void> => at.images.remove('first', { force: true, keepsParents: false }).then(() => undefined);
  await Promise.all([
    load(at, halted(await archiveOf(image, 'app:1'), removal)),
    load(at, atOnce(await archiveOf(image, 'app:2'))),
    load(at, atOnce(await archiveOf(image, 'app:3'))),
  ]);
  for (const name of ['app:1', 'app:2', 'app:3']) expect((await at.images.resolve(name)).id).toBe(image.id);
  expect(layerFile(at, image.layers[0]).equals(large)).toBe(true);
  expect(await verified(at)).toEqual(['whole']);
  expect(readdirSync(join(at.root, 'ingest'))).toEqual([]);
});

test('a second load does not wait for one that stands still', async () => {
  const at = await host();
  const [slow, quick] = [await imageWith(large), await imageWith(randomBytes(2 * 1024 * 1024))];
  await load(
    at,
    halted(await archiveOf(slow, 'slow'), async () => {
      await unpackedSome(at)();
      await load(at, atOnce(await archiveOf(quick, 'quick')));
    }),
  );
  expect(await verified(at)).toEqual(['whole']);
});

test('a load that is cancelled, or whose client goes, in the middle of a layer leaves nothing', async () => {
  const at = await host();
  const archive = await archiveOf(await imageWith(large));
  const gone = new AbortController();
  const cancelled = load(
    at,
    halted(archive, async () => {
      await unpackedSome(at)();
      gone.abort();
    }),
    gone.signal,
  );
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expectNothing(at);

  const tooLate = new AbortController();
  async function* wholeAndGone(): AsyncGenerator<Uint8Array> {
    yield* atOnce(archive);
    tooLate.abort();
  }
  await expect(load(at, wholeAndGone(), tooLate.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expectNothing(at);

  const broken = load(
    at,
    halted(archive, async () => {
      await unpackedSome(at)();
      throw new Error('the client went away');
    }),
  );
  await expect(broken).rejects.toThrow('the client went away');
  expectNothing(at);
});

test('a layer that turns out to be another one at its last byte leaves nothing, and so does one that is no tar further on', async () => {
  const at = await host();
  const image = await imageWith(large);
  const other = { ...image, layers: (await imageWith(randomBytes(large.length))).layers };
  await expect(load(at, halted(await archiveOf(other), unpackedSome(at)))).rejects.toThrow(
    `diff id is ${digestOf(other.layers[0] ?? '')}, the image says ${digestOf(image.layers[0] ?? '')}`,
  );
  expectNothing(at);

  const torn = imageOf([Buffer.concat([(image.layers[0] ?? Buffer.of()).subarray(0, -1024), randomBytes(2048)])]);
  await expect(load(at, halted(await archiveOf(torn), unpackedSome(at)))).rejects.toMatchObject({ code: 'invalid' });
  expectNothing(at);
});

test('a tar that is no layer of an image is dropped', async () => {
  const at = await host();
  const image = await imageWith(Buffer.from('all of it'));
  const stranger = await tarOf([tarFile('large', large)]);
  const archive = Buffer.concat([(await tarOf([tarFile('stranger', stranger)])).subarray(0, -1024), await archiveOf(image)]);
  await load(at, halted(archive, unpackedSome(at)));
  expect(readdirSync(join(at.root, 'layers'))).toHaveLength(1);
  expect(readdirSync(join(at.root, 'ingest'))).toEqual([]);
});

test('a packed layer that says of itself that it is a plain tar is known by what it unpacks to', async () => {
  const at = await host();
  const image = await imageWith(large);
  /** The name in the header of gzip ends where a tar has its word. */
  const packed = (tar: Buffer): Buffer => {
    const bytes = gzipSync(tar);
    const head = Buffer.concat([bytes.subarray(0, 3), Buffer.of(8), bytes.subarray(4, 10)]);
    return Buffer.concat([head, Buffer.from(`${'x'.repeat(257 - head.length)}ustar\0`), bytes.subarray(10)]);
  };
  const pack = { name: 'app:1', layer: packed, mediaType: mediaTypes.ociLayerGzip };
  const impostor = imageOf(image.layers.map(packed));
  await expect(load(at, atOnce(await ociArchive({ ...impostor, layers: image.layers }, pack)))).rejects.toThrow('the image says');
  expectNothing(at);
  await load(at, atOnce(await ociArchive(image, pack)));
  expect(layerFile(at, image.layers[0]).equals(large)).toBe(true);
});

test('kill -9 in the middle of a layer leaves nothing visible, and nothing at all for the next engine', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const archive = await archiveOf(await imageWith(large));
  const at = await host(join(path, 'data'));
  const pipe = join(path, 'archive');
  execFileSync('mkfifo', [pipe]);
  const program = new URL('../testing/load-until-killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=source', program, at.root, pipe], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  await using writer = await open(pipe, 'r+');
  await writer.write(archive.subarray(0, archive.length * 0.7));
  await unpackedSome(at)();
  child.kill('SIGKILL');
  await exited;
  expect(readdirSync(join(at.root, 'layers'))).toEqual([]);
  const next = await host(at.root);
  expectNothing(next);
  await load(next, atOnce(archive));
  expect(await verified(next)).toEqual(['whole']);
});
