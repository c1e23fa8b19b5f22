import { execFileSync } from 'node:child_process';
import { existsSync, globSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { closedAfterEach, eventually, temporaryDirectory } from '@gantry/base/testing';
import { type Digest, digestOf, type TarInput, writeTar } from '@gantry/oci';
import { BlobStore } from './blob-store.ts';
import { Ingest } from './ingest.ts';
import { LayerStore } from './layer-store.ts';
import { layerLimits, type LayerLimits } from './unpack-layer.ts';

const opened = closedAfterEach();

interface Place {
  readonly path: string;
  readonly store: LayerStore;
  readonly ingest: Ingest;
  readonly said: string[];
}

async function place(limits: Partial<LayerLimits> = {}): Promise<Place> {
  const { path } = opened.use(await temporaryDirectory());
  return openedAt(path, limits);
}

async function openedAt(path: string, limits: Partial<LayerLimits> = {}): Promise<Place> {
  const said: string[] = [];
  const ingest = await Ingest.open(join(path, 'ingest'));
  const settings = { root: join(path, 'layers'), ingest, limits: { ...layerLimits, diskReserve: 0, ...limits } };
  return { path, ingest, said, store: await LayerStore.open(settings, (line) => said.push(line)) };
}

const file = (name: string, text = 'x', more: Partial<TarInput> = {}): TarInput => ({
  type: 'file',
  name,
  sizeBytes: Buffer.byteLength(text),
  body: [Buffer.from(text)],
  ...more,
});

async function tarOf(entries: readonly TarInput[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeTar(entries)));
}

async function unpack({ path, store }: Place, entries: readonly TarInput[], pack = (tar: Buffer): Buffer => tar): Promise<string> {
  const tar = await tarOf(entries);
  const blob = join(path, `blob-${digestOf(tar).slice(7, 15)}`);
  writeFileSync(blob, pack(tar));
  const diffId = digestOf(tar);
  await store.add(diffId, blob);
  return store.path(diffId);
}

const attribute = (path: string, name: string): string =>
  execFileSync('python3', ['-c', 'import os,sys;print(os.getxattr(sys.argv[1],sys.argv[2],follow_symlinks=False).decode())', path, name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const deviceOf = (path: string): string => execFileSync('stat', ['-c', '%F %t %T', path], { encoding: 'utf8' }).trim();

test.each([
  ['plain', (tar: Buffer) => tar],
  ['gzip', (tar: Buffer) => gzipSync(tar)],
  ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
])('a %s layer becomes a directory with all that its tar says', async (_, pack) => {
  const at = await place();
  const fs = await unpack(
    at,
    [
      { type: 'directory', name: './', mode: 0o755, mtime: { seconds: 5, nanoseconds: 0 } },
      { type: 'directory', name: 'etc/', mode: 0o700, uid: 3, mtime: { seconds: 1000, nanoseconds: 7 } },
      file('etc/name', 'gantry', { mode: 0o4711, uid: 1000, gid: 1001, mtime: { seconds: 2000, nanoseconds: 500 } }),
      { type: 'symlink', name: 'etc/link', linkName: '../name' },
      { type: 'hardlink', name: 'second', linkName: './etc/name' },
      { type: 'character', name: 'null', device: { major: 1, minor: 3 }, mode: 0o666 },
    ],
    pack,
  );
  const stat = lstatSync(join(fs, 'etc/name'), { bigint: true });
  expect([stat.mode & 0o7777n, stat.uid, stat.gid, stat.mtimeNs, stat.nlink]).toEqual([0o4711n, 1000n, 1001n, 2_000_000_000_500n, 2n]);
  expect(readFileSync(join(fs, 'second'), 'utf8')).toBe('gantry');
  expect(readlinkSync(join(fs, 'etc/link'))).toBe('../name');
  expect(lstatSync(join(fs, 'etc'), { bigint: true }).mtimeNs).toBe(1_000_000_000_007n);
  expect(lstatSync(fs, { bigint: true }).mtimeNs).toBe(5_000_000_000n);
  expect(deviceOf(join(fs, 'null'))).toBe('character special file 1 3');
});

test('holes of a file stay holes', async () => {
  const { path, store } = await place();
  const script = 'cd "$1"; truncate -s 1G f; echo end >>f; tar --sparse --format=posix -cf blob f';
  execFileSync('sh', ['-c', script, 'sh', path]);
  const blob = join(path, 'blob');
  const diffId = digestOf(readFileSync(blob));
  await store.add(diffId, blob);
  const stat = lstatSync(join(store.path(diffId), 'f'));
  expect(stat.size).toBe(2 ** 30 + 4);
  expect(stat.blocks * 512).toBeLessThan(1_000_000);
});

test('whiteouts hide what is below, opaque marks all of it, and the layer keeps its own', async () => {
  const fs = await unpack(await place(), [
    file('gone/.wh.file', ''),
    file('dir/.wh..wh..opq', ''),
    file('dir/own'),
    file('again/own'),
    file('.wh.again', ''),
    file('.wh.back', ''),
    file('back/new'),
    { type: 'directory', name: 'back' },
    file('.wh..wh.plnk/1', ''),
    file('.wh..wh.aufs', ''),
  ]);
  expect(deviceOf(join(fs, 'gone/file'))).toBe('character special file 0 0');
  for (const directory of ['dir', 'again', 'back']) expect(attribute(join(fs, directory), 'trusted.overlay.opaque')).toBe('y');
  expect(existsSync(join(fs, 'dir/own')) && existsSync(join(fs, 'again/own')) && existsSync(join(fs, 'back/new'))).toBe(true);
  expect(readdirSync(fs).filter((name) => name.includes('wh'))).toEqual([]);
});

test('an image cannot speak to overlayfs by attributes', async () => {
  const redirect = new Map([
    ['trusted.overlay.redirect', Buffer.from('/etc')],
    ['user.kept', Buffer.from('yes')],
  ]);
  const fs = await unpack(await place(), [{ type: 'directory', name: 'd', xattrs: redirect }]);
  expect(attribute(join(fs, 'd'), 'user.kept')).toBe('yes');
  expect(() => attribute(join(fs, 'd'), 'trusted.overlay.redirect')).toThrow();
});

test.each([
  ['entries', { entries: 3 }, 'more than the 3 entries'],
  ['bytes', { sizeBytes: 100_000 }, 'more than the 100000 bytes'],
  ['ratio', { ratioFromBytes: 500_000 }, 'decompression bomb'],
  ['disk', { diskReserve: 1.1 }, 'no space left on device'],
])('the limit of %s holds and leaves nothing', async (_, limits, message) => {
  const at = await place(limits);
  const zeros = '\0'.repeat(200_000);
  const entries = ['a', 'b', 'c', 'd', 'e'].map((name) => file(name, zeros));
  await expect(unpack(at, entries, (tar) => gzipSync(tar))).rejects.toThrow(message);
  expect([readdirSync(join(at.path, 'layers')), readdirSync(join(at.path, 'ingest'))]).toEqual([[], []]);
});

test('content that is not what the diff id says is refused and both are named', async () => {
  const at = await place();
  const blob = join(at.path, 'blob');
  writeFileSync(blob, await tarOf([file('a')]));
  const wrong = digestOf('other');
  await expect(at.store.add(wrong, blob)).rejects.toMatchObject({ code: 'invalid', details: { expected: wrong } });
  expect(at.store.get(wrong)).toBeUndefined();
  expect([readdirSync(join(at.path, 'layers')), readdirSync(join(at.path, 'ingest'))]).toEqual([[], []]);
});

test('a layer that is asked for twice at once is unpacked once; a cancelled one leaves nothing', async () => {
  const at = await place();
  const tar = await tarOf(Array.from({ length: 3000 }, (_, number) => file(`d${number % 50}/f${number}`, 'text'.repeat(200))));
  const blob = join(at.path, 'blob');
  writeFileSync(blob, gzipSync(tar));
  const diffId = digestOf(tar);
  const gone = new AbortController();
  const cancelled = at.store.add(diffId, blob, { signal: gone.signal, onProgress: () => gone.abort() });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(readdirSync(join(at.path, 'ingest'))).toEqual([]);

  const [one, two] = await Promise.all([at.store.add(diffId, blob), at.store.add(diffId, blob)]);
  expect(one).toBe(two);
  expect(one).toMatchObject({ diffId, contentBytes: 3000 * 800, entries: 3000 });
});

test('a layer that comes while it is being removed is there afterwards', async () => {
  const at = await place();
  const tar = await tarOf([file('a', 'content')]);
  const diffId = digestOf(tar);
  const blob = join(at.path, 'blob');
  writeFileSync(blob, tar);
  await at.store.add(diffId, blob);
  await using coming = await at.store.follow(blob);
  coming?.tar.grow(tar.length);
  coming?.tar.complete(diffId);
  await eventually(() => expect(globSync(join(at.path, 'ingest/*/layer/fs/a'))).toHaveLength(1));
  // What a removal before this one left behind is removed first, and that takes its time.
  const left = join(at.path, 'layers', `.removed-${diffId.slice(7)}`);
  mkdirSync(left);
  for (let number = 0; number < 500; number++) writeFileSync(join(left, String(number)), '');

  const removing = at.store.remove(diffId);
  using _held = at.store.hold([diffId]);
  const record = await at.store.add(diffId, blob, { coming });
  expect(await removing).toBe(true);
  expect(at.store.get(diffId)).toBe(record);
  expect(readFileSync(join(at.store.path(diffId), 'a'), 'utf8')).toBe('content');
  expect(await at.store.remove(diffId)).toBe(false);
});

test('a layer that comes under its name and without one at once is there once', async () => {
  const at = await place();
  const tar = await tarOf([file('a', 'content')]);
  const blob = join(at.path, 'blob');
  writeFileSync(blob, tar);
  const unknown = (): Promise<Disposable & { readonly record: unknown }> => at.store.addUnknown(blob);
  const [known, ...others] = await Promise.all([at.store.add(digestOf(tar), blob), unknown(), unknown()]);
  for (const other of others) {
    expect(other.record).toBe(known);
    other[Symbol.dispose]();
  }
  expect(readFileSync(join(at.store.path(digestOf(tar)), 'a'), 'utf8')).toBe('content');
});

test('a tar that is not as long as when it was hashed is refused', async () => {
  const at = await place();
  const tar = await tarOf([file('a', 'content')]);
  const blob = join(at.path, 'blob');
  writeFileSync(blob, tar);
  const hashed = { digest: digestOf(tar), sizeBytes: tar.length + 512 };
  await expect(at.store.add(hashed.digest, blob, { hashed })).rejects.toMatchObject({ code: 'internal' });
  expect(at.store.get(hashed.digest)).toBeUndefined();
  expect((await at.store.add(hashed.digest, blob, { hashed: { ...hashed, sizeBytes: tar.length } })).tarBytes).toBe(tar.length);
});

test('a blob that comes while it is being removed is there afterwards', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const blobs = await BlobStore.open(join(path, 'blobs'));
  const digest = digestOf('content');
  const adopt = async (): Promise<void> => {
    writeFileSync(join(path, 'blob'), 'content');
    await blobs.adopt(join(path, 'blob'), digest);
  };
  await adopt();
  const removing = blobs.remove(digest);
  expect(await blobs.has(digest)).toBe(false);
  await removing;
  await adopt();
  await Promise.all([blobs.remove(digest), adopt()]);
  expect(await blobs.has(digest)).toBe(true);
});

test('layers are found again; a damaged record and what was half made are put aside', async () => {
  const at = await place();
  await unpack(at, [file('a', 'one')]);
  const second = await unpack(at, [file('a', 'two')]);
  writeFileSync(join(second, '../layer.json'), '{"diffId":');
  mkdirSync(join(at.path, 'ingest/i-half/layer/fs'), { recursive: true });

  const again = await openedAt(at.path);
  expect(again.store.diffIds()).toHaveLength(1);
  expect(again.said).toEqual([expect.stringMatching(/^layer [0-9a-f]{64} is put aside: layer record is not JSON/)]);
  expect(readdirSync(join(at.path, 'ingest'))).toEqual([]);
});

test('a held layer is not removed', async () => {
  const at = await place();
  const fs = await unpack(at, [file('a')]);
  const [diffId] = at.store.diffIds() as [Digest];
  const held = at.store.hold([diffId]);
  expect(await at.store.remove(diffId)).toBe(false);
  held[Symbol.dispose]();
  expect(await at.store.remove(diffId)).toBe(true);
  expect(existsSync(fs)).toBe(false);
});
