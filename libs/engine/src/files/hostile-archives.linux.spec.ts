import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { FileTree } from '@gantry/linux';
import { digestOf } from '@gantry/oci';
import { type Images, openImages } from '../images/open-images.ts';
import { type LayerLimits, layerLimits, unpackLayer } from '../layers/unpack-layer.ts';
import { type HostileArchive, hostileArchives } from '../testing/hostile-archives.ts';
import { dockerArchive, imageOf } from '../testing/image-archives.ts';
import { extractArchive, extractLimits } from './extract-archive.ts';

const opened = closedAfterEach();

/** Small, so that a bomb of a test breaks them. */
const limits: LayerLimits = { ...layerLimits, entries: 2000, sizeBytes: 5_000_000, ratioFromBytes: 1_000_000, diskReserve: 0 };

interface Place {
  readonly path: string;
  readonly outside: string;
  readonly archives: readonly HostileArchive[];
  /** All that the host has there, with owners, modes, sizes, times, names and contents. */
  readonly host: () => string;
}

async function place(): Promise<Place> {
  const { path } = opened.use(await temporaryDirectory());
  const outside = join(path, 'outside');
  mkdirSync(join(outside, 'd'), { recursive: true });
  writeFileSync(join(outside, 'precious'), 'precious');
  writeFileSync(join(outside, 'd/kept'), 'kept');
  mkdirSync(join(outside, 'work'));
  const host = (): string => everythingIn(outside);
  return { path, outside, host, archives: await Array.fromAsync(hostileArchives(outside)) };
}

/** But for `work`, where archives go. */
function everythingIn(directory: string): string {
  using tree = FileTree.open(directory);
  const lines: string[] = [];
  const visit = (path: string): void => {
    using look = tree.look(path);
    if (look === undefined || path === 'work') return;
    const { mode, uid, gid, size, nlink, mtimeNs, ino } = look.stat;
    const text = look.stat.isFile() ? readFileSync(join(directory, path), 'latin1') : look.stat.isSymbolicLink() ? look.linkTarget() : '';
    const names = look.stat.isDirectory() ? look.names().sort() : [];
    const attributes = [...look.xattrs().keys()];
    lines.push([path, mode, uid, gid, size, nlink, mtimeNs, ino, text, attributes.join(), names.join()].join(' '));
    for (const name of names) visit(path === '' ? name : `${path}/${name}`);
  };
  visit('');
  return lines.join('\n');
}

function pieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  const count = Math.ceil(bytes.length / 65_536);
  return Readable.from(Array.from({ length: count }, (_, at) => bytes.subarray(at * 65_536, (at + 1) * 65_536)));
}

/** What failed otherwise than by saying what is wrong with the archive. */
async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => '',
    (thrown: unknown) => {
      const { name, code, message } = thrown as { name: string; code: string; message: string };
      return name === 'Failure' && code !== 'internal' ? '' : `${name} ${code}: ${message}`;
    },
  );
}

test('no hostile archive gets out of the directory that it is unpacked to as a layer', async () => {
  const { outside, archives, host } = await place();
  const before = host();
  const wrong: string[] = [];
  expect(archives.length).toBeGreaterThan(250);
  expect(new Set(archives.map(({ name }) => name)).size).toBe(archives.length);
  for (const { name, bytes } of archives) {
    const directory = join(outside, 'work/layer');
    mkdirSync(directory);
    const said = await refusal(unpackLayer({ source: pieces(bytes), directory, limits, onProgress: () => undefined }));
    if (said !== '' || host() !== before || readdirSync(join(outside, 'work')).length !== 1) wrong.push(`${name}: ${said}`);
    rmSync(directory, { recursive: true });
  }
  expect(wrong).toEqual([]);
});

test('no hostile archive gets out of the root that it is copied into', async () => {
  const { outside, archives, host } = await place();
  const before = host();
  const wrong: string[] = [];
  for (const { name, bytes } of archives) {
    const root = join(outside, 'work/root');
    mkdirSync(join(root, 'into'), { recursive: true });
    {
      using tree = FileTree.open(root);
      const request = { tree, directory: 'into', keepsKinds: false, owner: undefined, hidden: [], limits: extractLimits };
      const said = await refusal(extractArchive(pieces(bytes), request));
      if (said !== '' || host() !== before || readdirSync(join(outside, 'work')).length !== 1) wrong.push(`${name}: ${said}`);
    }
    rmSync(root, { recursive: true });
  }
  expect(wrong).toEqual([]);
});

async function imagesIn(path: string): Promise<Images> {
  const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };
  return opened.use(await openImages({ kernel, dataRoot: path, events: { publish: () => undefined } }));
}

const { signal } = new AbortController();
const done = async (messages: AsyncIterable<unknown>): Promise<void> => {
  for await (const message of messages) expect(message).toBeDefined();
};

test('no hostile archive gets anywhere by load, and what fails leaves nothing', async () => {
  const { outside, archives, host } = await place();
  const before = host();
  const images = await imagesIn(join(outside, 'work/data'));
  const wrong: string[] = [];
  for (const { name, bytes } of archives) {
    const said = await refusal(done(images.load(pieces(bytes), { signal })));
    if (said !== '' || host() !== before || readdirSync(join(outside, 'work/data/ingest')).length > 0) wrong.push(`${name}: ${said}`);
  }
  expect(wrong).toEqual([]);
  expect(images.store.all()).toEqual([]);
});

// A layer that is loaded or imported is unpacked by a thread each; the first test has them all.
test('hostile layers get out neither by load nor by import', async () => {
  const { outside, archives, host } = await place();
  const before = host();
  const images = await imagesIn(join(outside, 'work/data'));
  const wrong: string[] = [];
  for (const { name, bytes } of archives.filter((_, at) => at % 30 === 0)) {
    const image = await dockerArchive([{ image: imageOf([bytes]) }]);
    const loaded = await refusal(done(images.load(pieces(image), { signal })));
    const wish = { source: pieces(bytes), config: {}, message: '', platform: undefined, signal };
    const imported = await refusal(done(images.import(wish, undefined)));
    if (loaded + imported !== '' || host() !== before || readdirSync(join(outside, 'work/data/ingest')).length > 0) {
      wrong.push(`${name}: ${loaded} ${imported}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a layer whose digest is not what its image says leaves nothing', async () => {
  const { outside } = await place();
  const images = await imagesIn(join(outside, 'work/data'));
  const image = imageOf([Buffer.alloc(1024)]);
  const other = { ...image, layers: [Buffer.alloc(2048)] };
  const archive = await dockerArchive([{ image: other }]);
  await expect(done(images.load(pieces(archive), { signal }))).rejects.toMatchObject({ code: 'invalid' });
  expect([images.store.all(), images.store.layers.diffIds()]).toEqual([[], []]);
  expect(digestOf(Buffer.alloc(1024))).toBe('sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
});
