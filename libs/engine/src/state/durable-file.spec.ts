import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { removeUnfinished, writeDurably } from './durable-file.ts';

const opened = closedAfterEach();

test('a file is replaced whole and nothing else is left', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await writeDurably(join(path, 'a.json'), 'first');
  await writeDurably(join(path, 'a.json'), 'second');

  expect(await readFile(join(path, 'a.json'), 'utf8')).toBe('second');
  expect(await readdir(path)).toEqual(['a.json']);
});

test('what a killed writer left unfinished is removed, what is finished stays', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await writeDurably(join(path, 'a.json'), 'whole');
  await writeFile(join(path, 'a.json.4711.9.new'), 'ha');

  await removeUnfinished(path);

  expect(await readdir(path)).toEqual(['a.json']);
});
