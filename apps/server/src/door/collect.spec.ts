import type { Bytes } from '@gantry/engine-api';
import { collect, piecesOf } from './collect.ts';

async function* pieces(...sizes: readonly number[]): Bytes {
  const most = new Uint8Array(Math.max(0, ...sizes));
  for (const size of sizes) yield await Promise.resolve(most.subarray(0, size));
}

async function sizesOf(bytes: Bytes): Promise<number[]> {
  const sizes: number[] = [];
  for await (const chunk of bytes) sizes.push(chunk.length);
  return sizes;
}

const mebibyte = 1024 * 1024;

test('an answer is looked at as a whole, however it came, up to 64 MiB', async () => {
  const there = Buffer.from('there');
  expect(await collect(there)).toBe(there);
  expect(Buffer.from(await collect(pieces(3, 4))).toString()).toBe('\0'.repeat(7));
  expect((await collect(pieces(32 * mebibyte, 32 * mebibyte))).length).toBe(64 * mebibyte);
  await expect(collect(pieces(32 * mebibyte, 32 * mebibyte, 1))).rejects.toMatchObject({ code: 'exhausted' });
});

test('an answer is passed on in pieces that a slow reader can take, one that comes so as it comes', async () => {
  expect(await sizesOf(piecesOf(new Uint8Array(150_000)))).toEqual([65_536, 65_536, 18_928]);
  expect(await sizesOf(piecesOf(new Uint8Array(0)))).toEqual([]);
  const coming = pieces(70_000, 1);
  expect(piecesOf(coming)).toBe(coming);
});
