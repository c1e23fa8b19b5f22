import { Failure } from '@gantry/base';
import { VolumeMounts } from './volume-mounts.ts';
import type { VolumeRecord } from './volume-record.ts';

const record: VolumeRecord = {
  ...{ name: 'memory', driver: 'local', labels: {}, options: { type: 'tmpfs', device: 'memory' } },
  ...{ isAnonymous: false, createdAtMs: 0, holders: [] },
};

test('a volume that could not be unmounted is still used, and is unmounted by the next try', async () => {
  let tries = 0;
  const mounts = new VolumeMounts({
    mountsUnder: () => Promise.resolve([]),
    unmount: () => (++tries === 1 ? Promise.reject(new Failure('internal', 'busy')) : Promise.resolve(true)),
  });
  mounts.adopt('memory', 'one');
  mounts.adopt('memory', 'two');
  await mounts.unmount(record, '/volume', 'one');
  await expect(mounts.unmount(record, '/volume', 'two')).rejects.toThrow('busy');
  expect(mounts.isUsed('memory')).toBe(true);
  await mounts.unmount(record, '/volume', 'two');
  expect(mounts.isUsed('memory')).toBe(false);
  await mounts.unmount(record, '/volume', 'two');
  expect(tries).toBe(2);
});
