import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { Ingest } from './ingest.ts';

const opened = closedAfterEach();

test('what a killed engine left there goes, and the directory stays itself', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const root = join(path, 'ingest');
  await mkdir(join(root, 'i-left'), { recursive: true });
  await writeFile(join(root, 'i-left', 'file'), 'x');
  const { ino } = await stat(root);

  await Ingest.open(root);

  expect([await readdir(root), (await stat(root)).ino]).toEqual([[], ino]);
});
