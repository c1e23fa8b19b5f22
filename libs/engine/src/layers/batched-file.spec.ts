import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { BatchedFile } from './batched-file.ts';

const opened = closedAfterEach();

test('pieces of all sizes stand in the file in their order', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await using file = await BatchedFile.open(join(path, 'file'), 'wx');
  const pieces = Array.from({ length: 200 }, (_, number) => Buffer.alloc(number * 317, number % 251));

  for (const piece of pieces) await file.add(piece);
  await file.end();

  expect((await readFile(join(path, 'file'))).equals(Buffer.concat(pieces))).toBe(true);
});

test('a file that cannot be written to fails whoever adds more or ends it', async () => {
  await using file = await BatchedFile.open('/dev/full', 'w');

  await file.add(Buffer.alloc(2 * 1024 * 1024));

  await expect(file.add(Buffer.alloc(2 * 1024 * 1024))).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(file.end()).rejects.toMatchObject({ code: 'ENOSPC' });
});

test('a disk that fails while a large file is on its way to it fails the file', async () => {
  await using file = await BatchedFile.open('/dev/null', 'w'); // It takes all bytes and cannot be synced.

  for (let megabytes = 0; megabytes < 20; megabytes++) await file.add(Buffer.alloc(1024 * 1024));

  await expect(file.end()).rejects.toMatchObject({ code: 'EINVAL' });
});
