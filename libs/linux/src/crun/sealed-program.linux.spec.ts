import { execFile } from 'node:child_process';
import { chmod, copyFile, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { SealedProgram } from './sealed-program.ts';

const opened = closedAfterEach();
const run = promisify(execFile);

async function copyOf(program: string, path: string): Promise<void> {
  await copyFile(program, `${path}.new`);
  await chmod(`${path}.new`, 0o755);
  await rename(`${path}.new`, path);
}

test('a sealed program runs and cannot be written, by root neither', async () => {
  const sealed = opened.use(new SealedProgram('/bin/echo'));

  expect((await run(sealed.path, ['hello'])).stdout).toBe('hello\n');
  await expect(
    open(sealed.path, 'r+').then(async (file) => {
      await file.write('x').finally(() => file.close());
    }),
  ).rejects.toMatchObject({ code: 'EPERM' });
});

test('a program that was replaced is read again, and what was sealed before can still be started', async () => {
  const path = join(opened.use(await temporaryDirectory()).path, 'program');
  await copyOf('/bin/echo', path);
  const sealed = opened.use(new SealedProgram(path));
  const before = sealed.path;
  await copyOf('/bin/cat', path);

  expect(sealed.path).not.toBe(before);
  expect((await run(sealed.path, ['/proc/version'])).stdout).toMatch(/^Linux/);
  expect((await run(before, ['old'])).stdout).toBe('old\n');
});
