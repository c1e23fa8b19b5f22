import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { ContainerId } from '../ids.ts';
import { Volumes } from './volumes.ts';

const opened = closedAfterEach();
const [one, two] = ['1', '2'].map((digit) => digit.repeat(64)) as [ContainerId, ContainerId];
const named = (name: string, labels: Record<string, string> = {}) => ({ name, driver: 'local', labels, options: {} });

async function host(root?: string): Promise<{ root: string; volumes: Volumes; events: string[]; said: string[] }> {
  const dataRoot = root ?? opened.use(await temporaryDirectory()).path;
  const events: string[] = [];
  const said: string[] = [];
  const publish = ({ action, actorId }: { action: string; actorId: string }): unknown => events.push(`${action} ${actorId}`);
  const volumes = await Volumes.open({ dataRoot, events: { publish }, report: (line) => said.push(line) });
  return { root: dataRoot, volumes, events, said };
}

test('a named volume is made once and outlives the containers that hold it', async () => {
  const { volumes, root, events } = await host();
  const held = await volumes.hold(one, named('data', { a: 'b' }));
  expect(await volumes.hold(two, named('data'))).toEqual(held);
  writeFileSync(join(held.path, 'file'), 'kept');
  await expect(volumes.remove('data', { force: true })).rejects.toMatchObject({
    code: 'conflict',
    message: `remove data: volume is in use - [${one}, ${two}]`,
  });
  await volumes.release(one, ['other']);
  await volumes.release(two, []);

  const again = await host(root);
  expect(again.volumes.get('data')).toMatchObject({ labels: { a: 'b' }, holders: [] });
  expect(readFileSync(join(again.volumes.path('data'), 'file'), 'utf8')).toBe('kept');
  await again.volumes.remove('data', { force: false });
  expect(existsSync(held.path)).toBe(false);
  expect([events, again.events]).toEqual([['create data'], ['destroy data']]);
});

test('an anonymous volume goes with its container where that is asked for', async () => {
  const { volumes } = await host();
  const kept = await volumes.hold(one, named(''));
  const gone = await volumes.hold(one, named(''));
  expect(kept.name).toMatch(/^[0-9a-f]{64}$/);
  await volumes.release(one, [gone.name]);
  expect(volumes.all().map(({ name, isAnonymous }) => [name, isAnonymous])).toEqual([[kept.name, true]]);
});

test('an empty volume gets what the image has there, with owner and mode; a full one stays', async () => {
  const { volumes, root } = await host();
  const rootfs = join(root, 'rootfs');
  mkdirSync(join(rootfs, 'var/lib/db'), { recursive: true, mode: 0o750 });
  writeFileSync(join(rootfs, 'var/lib/db/init'), 'from the image');
  chownSync(join(rootfs, 'var/lib/db'), 70, 71);
  const { path } = await volumes.hold(one, named('db'));

  await volumes.copyUp('db', rootfs, '/var/lib/db');
  expect(readFileSync(join(path, 'init'), 'utf8')).toBe('from the image');
  expect([statSync(path).uid, statSync(path).gid, statSync(path).mode & 0o777]).toEqual([70, 71, 0o750]);

  writeFileSync(join(rootfs, 'var/lib/db/more'), '');
  await volumes.copyUp('db', rootfs, '/var/lib/db');
  expect(readdirSync(path)).toEqual(['init']);
  await volumes.hold(one, named('none'));
  await volumes.copyUp('none', rootfs, '/not/there');
});

test.each([
  ['a', 'includes invalid characters for a local volume name'],
  ['../x', 'includes invalid characters'],
  ['.bad', 'includes invalid characters'],
  ['x/y', 'includes invalid characters'],
])('the name %j is refused', async (name, message) => {
  const { volumes } = await host();
  await expect(volumes.create(named(name))).rejects.toThrow(message);
});

test('another driver and options that are not there are refused by name', async () => {
  const { volumes } = await host();
  await expect(volumes.create({ ...named('net'), driver: 'nfs' })).rejects.toThrow(
    'create net: error looking up volume plugin nfs: plugin "nfs" not found',
  );
  await expect(volumes.create({ ...named('net'), options: { device: '/' } })).rejects.toMatchObject({ code: 'unsupported' });
  await expect(volumes.remove('net', { force: false })).rejects.toMatchObject({ code: 'not-found', message: 'get net: no such volume' });
  await volumes.remove('net', { force: true });
});

test('data outlives a damaged record; what was half made goes; holders that are no more are released', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('data'));
  await volumes.hold(two, named('other'));
  writeFileSync(join(path, 'file'), 'kept');
  writeFileSync(join(path, '../volume.json'), '{"name"');
  mkdirSync(join(root, 'volumes/half/_data'), { recursive: true });

  const again = await host(root);
  await again.volumes.keepOnly(new Set([one]));
  expect(again.volumes.all().map(({ name, holders }) => [name, holders])).toEqual(
    expect.arrayContaining([
      ['data', []],
      ['other', []],
    ]),
  );
  expect(again.volumes.all()).toHaveLength(2);
  expect(again.said).toEqual([expect.stringMatching(/^the record of volume data is made anew: volume record is not JSON/)]);
  expect(readFileSync(join(path, 'file'), 'utf8')).toBe('kept');
  expect(existsSync(join(root, 'volumes/half'))).toBe(false);
});

test('prune removes what nobody holds and tells the bytes', async () => {
  const { volumes } = await host();
  await volumes.hold(one, named('held'));
  const { name } = await volumes.create(named('free'));
  writeFileSync(join(volumes.path(name), 'file'), '12345');
  expect(await volumes.prune(() => true, new AbortController().signal)).toEqual({ names: ['free'], spaceReclaimed: 5 });
  expect(volumes.all().map((record) => record.name)).toEqual(['held']);
});
