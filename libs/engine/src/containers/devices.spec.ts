import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { mappedDevices, nodesAt } from './devices.ts';

test('a device may be named by a link to it', async () => {
  await using directory = await temporaryDirectory();
  const link = join(directory.path, 'link');
  await symlink('/dev/null', link);

  expect(await nodesAt(link, '/dev/x')).toMatchObject([{ path: '/dev/x', type: 'c', major: 1, minor: 3 }]);
});

test('links below a directory of devices are not followed, so that one in a circle ends', async () => {
  await using directory = await temporaryDirectory();
  for (const folder of ['one', 'two', 'three']) {
    await mkdir(join(directory.path, folder));
    for (const other of ['one', 'two', 'three']) await symlink(`../${other}`, join(directory.path, folder, other));
  }
  await symlink('/dev/null', join(directory.path, 'null'));

  expect(await nodesAt(directory.path, '/dev')).toEqual([]);
});

test('a directory with more files than devices ever are is refused by its name', async () => {
  await using directory = await temporaryDirectory();
  await mkdir(join(directory.path, 'below'));
  for (const name of ['a', 'below/b', 'below/c']) await writeFile(join(directory.path, name), '');

  await expect(nodesAt(directory.path, '/dev', 3)).rejects.toMatchObject({
    code: 'invalid',
    message: `error gathering device information while adding custom device "${directory.path}": more than 3 files in it`,
  });
  await expect(mappedDevices([{ PathOnHost: directory.path }])).rejects.toMatchObject({ code: 'invalid' });
});
