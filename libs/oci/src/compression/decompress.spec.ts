import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { decompressed, type ForeignDecoder } from './decompress.ts';

const plain = Buffer.alloc(700_000, 'some layer ').map((byte, at) => (at % 3 === 0 ? (at * 7919) % 256 : byte));
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function* named(compression: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${compression}:`);
  yield* source;
}
const unasked: ForeignDecoder = (compression) => {
  throw new Error(`nothing here is ${compression}`);
};

async function all(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decompressed(pieces(bytes, size), unasked)));
}

test.each([
  ['plain', plain],
  ['gzip', gzipSync(plain)],
  ['gzip of two members', Buffer.concat([gzipSync(plain.subarray(0, 1000)), gzipSync(plain.subarray(1000))])],
  ['zstd', zstdCompressSync(plain)],
  ['zstd of two frames', Buffer.concat([zstdCompressSync(plain.subarray(0, 300_000)), zstdCompressSync(plain.subarray(300_000))])],
  ['zstd with skippable frames', Buffer.concat([skippable, zstdCompressSync(plain), skippable])],
])('%s comes out whole, whatever the sizes of the pieces', async (_, packed) => {
  for (const size of [1_000, 65_536, packed.length]) expect((await all(packed, size)).equals(plain)).toBe(true);
});

test('an empty stream is empty', async () => {
  expect(await all(Buffer.alloc(0))).toHaveLength(0);
});

test.each([
  ['gzip', gzipSync(plain)],
  ['zstd', zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
])('a cut or damaged %s stream fails', async (_, packed) => {
  await expect(all(packed.subarray(0, packed.length - 20))).rejects.toMatchObject({ code: 'invalid' });
  const damaged = Buffer.from(packed);
  damaged.fill(0xff, 100, 160);
  await expect(all(damaged)).rejects.toMatchObject({ code: 'invalid' });
});

test('xz and bzip2 are left to the decoder that was given', async () => {
  const read = async (bytes: Buffer): Promise<string> =>
    Buffer.concat(await Array.fromAsync(decompressed(pieces(bytes, 3), named))).toString('latin1');
  expect(await read(Buffer.from('\xfd7zXZ\0rest', 'latin1'))).toBe('xz:\xfd7zXZ\0rest');
  expect(await read(Buffer.from('BZh91AY'))).toBe('bzip2:BZh91AY');
});

test('a source that fails is heard, and one that is left is closed', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(gzipSync(plain).subarray(0, 50_000));
    throw new Error('connection lost');
  }
  await expect(Array.fromAsync(decompressed(failing(), unasked))).rejects.toThrow('connection lost');

  let isClosed = false;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces(gzipSync(plain), 1000);
    } finally {
      isClosed = true;
    }
  }
  for await (const chunk of decompressed(watched(), unasked)) if (chunk.length > 0) break;
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(true);
});
