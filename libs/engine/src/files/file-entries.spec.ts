import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { FileTree } from '@gantry/linux/files';
import { etagOf } from './file-entries.ts';

test('an etag is that of the file on whatever device a view has it, until the file changes', async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(join(directory.path, 'f'), 'one');
  using tree = FileTree.open(directory.path);
  const etag = (device = 0n): string | undefined => {
    using look = tree.look('f');
    if (look) look.stat.dev += device;
    return look && etagOf(look);
  };
  const before = etag();

  expect(etag(1n)).toBe(before);
  writeFileSync(join(directory.path, 'f'), 'other');
  expect(etag()).not.toBe(before);
});
