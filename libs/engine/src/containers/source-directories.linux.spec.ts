import { lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { makeDirectories } from './source-directories.ts';

const opened = closedAfterEach();

const owner = (path: string): number => lstatSync(path).uid;

test('what is missing is made and given away, and what was there keeps its owner', async () => {
  const { path } = opened.use(await temporaryDirectory());
  mkdirSync(join(path, 'there'));
  symlinkSync('there', join(path, 'link'));
  for await (const made of makeDirectories(join(path, 'link/a/b'))) await made.chown(100_000, 100_000);

  expect(['there', 'there/a', 'there/a/b'].map((name) => owner(join(path, name)))).toEqual([0, 100_000, 100_000]);
  for await (const made of makeDirectories(join(path, 'there/a/b'))) await made.chown(7, 7);
  expect(owner(join(path, 'there/a/b'))).toBe(100_000);
  writeFileSync(join(path, 'file'), '');
  for await (const made of makeDirectories(join(path, 'file'))) await made.chown(7, 7);
  expect(owner(join(path, 'file'))).toBe(0);
});

test('a link that somebody puts in the place of one of them meanwhile leads nowhere', async () => {
  const { path } = opened.use(await temporaryDirectory());
  for (const name of ['outside/b', 'writable']) mkdirSync(join(path, name), { recursive: true });
  for await (const made of makeDirectories(join(path, 'writable/a/b/c'))) {
    if (readdirSync(join(path, 'writable')).includes('moved')) {
      await made.chown(100_000, 100_000);
      continue;
    }
    renameSync(join(path, 'writable/a'), join(path, 'writable/moved'));
    symlinkSync(join(path, 'outside'), join(path, 'writable/a'));
    await made.chown(100_000, 100_000);
  }

  expect(['outside', 'outside/b'].map((name) => owner(join(path, name)))).toEqual([0, 0]);
  expect(readdirSync(join(path, 'outside/b'))).toEqual([]);
  expect(owner(join(path, 'writable/moved/b/c'))).toBe(100_000);
});
