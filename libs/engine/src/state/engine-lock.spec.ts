import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { identifyProcess, lockDirectory } from '@gantry/linux';
import { lockRoot } from './engine-lock.ts';

const opened = closedAfterEach();
const place = async (): Promise<string> => join(opened.use(await temporaryDirectory()).path, 'lock');

test('a root has one engine at a time', async () => {
  const path = await place();
  {
    await using _lock = await lockRoot(path);
    await expect(lockRoot(path)).rejects.toMatchObject({
      code: 'conflict',
      message: `another engine (pid ${process.pid}) runs on these directories: ${path}`,
    });
  }
  expect(existsSync(path)).toBe(false);
  await (await lockRoot(path))[Symbol.asyncDispose]();
});

test('what a killed engine left is taken over, what an older one holds by its file alone is not', async () => {
  const path = await place();
  writeFileSync(path, JSON.stringify({ ...identifyProcess(process.ppid), startTicks: '1' }));
  await (await lockRoot(path))[Symbol.asyncDispose]();
  writeFileSync(path, JSON.stringify(identifyProcess(process.ppid)));
  await expect(lockRoot(path)).rejects.toMatchObject({ code: 'conflict' });
});

test('what an engine that has ended was just starting may hold the lock for a moment', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const held = lockDirectory(path);
  setTimeout(() => held?.[Symbol.dispose](), 100);

  const lock = await lockRoot(join(path, 'lock'));
  await lock[Symbol.asyncDispose]();

  expect(held).toBeDefined();
});
