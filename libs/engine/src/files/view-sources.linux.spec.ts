import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { MountView, ViewMount } from '@gantry/linux';
import type { FileHead } from './file-task.ts';
import { ViewThread } from './view-threads.ts';

const opened = closedAfterEach();

/** The host's directories over which a view is put together are hidden then: what is in their place must not answer for them. */
async function namesIn(root: MountView['root'], mount: Pick<ViewMount, 'source' | 'path'>): Promise<string[]> {
  const mounts = [{ ...mount, isWritable: false, isRecursive: true }];
  await using thread = await ViewThread.begin<FileHead>(
    {
      ...{ kind: 'view', hidden: [], view: { root, isWritable: false, isToRead: true, mounts } },
      task: { kind: 'list', path: `/${mount.path}`, after: '', limit: 100 },
    },
    { signal: new AbortController().signal, caller: { kind: 'gantry', part: 'test' }, hasHostBinds: false },
  );
  await thread.done;
  return (await thread.head)?.page?.entries.map(({ name }) => name) ?? [];
}

test('a source below /sys is the one of the host, and not where a link of an image of that name leads', async () => {
  const { path } = opened.use(await temporaryDirectory());
  for (const name of ['secrets', 'top/place', 'lower']) mkdirSync(join(path, name), { recursive: true });
  writeFileSync(join(path, 'secrets/secret'), 'of the host');
  symlinkSync(join(path, 'secrets'), join(path, 'lower/kernel'));
  const root = { layers: [join(path, 'top'), join(path, 'lower')], work: undefined } as const;

  const names = await namesIn(root, { source: '/sys/kernel', path: 'place' });

  expect(names).not.toContain('secret');
  expect(names).toContain('mm');
});

test('a source below /dev is there also where a place for it has to be made', async () => {
  const source = mkdtempSync('/dev/shm/gantry-');
  opened.defer(() => rmSync(source, { recursive: true }));
  writeFileSync(join(source, 'there'), '');
  const { path } = opened.use(await temporaryDirectory());

  expect(await namesIn(path, { source, path: 'missing/place' })).toEqual(['there']);
});
