import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Kernel, openKernel } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { Volumes } from './volumes.ts';

const opened = closedAfterEach();
let kernel: Kernel;
beforeAll(async () => {
  kernel = await openKernel();
});
afterAll(() => kernel[Symbol.asyncDispose]());
const [one, two] = ['1', '2'].map((digit) => digit.repeat(64)) as [ContainerId, ContainerId];
const named = (name: string, labels: Record<string, string> = {}) => ({ name, driver: 'local', labels, options: {} });

async function host(root?: string): Promise<{ root: string; volumes: Volumes; events: string[]; said: string[] }> {
  const dataRoot = root ?? opened.use(await temporaryDirectory()).path;
  const events: string[] = [];
  const said: string[] = [];
  const publish = ({ action, actorId }: { action: string; actorId: string }): unknown => events.push(`${action} ${actorId}`);
  const volumes = await Volumes.open({ dataRoot, kernel, events: { publish }, report: (line) => said.push(line) });
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
  expect([events, again.events]).toEqual([['create data', 'create data'], ['destroy data']]);
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
  ['a', 'create a: volume name is too short, names should be at least two alphanumeric characters'],
  ['a'.repeat(256), 'volume name is too long, names may have 255 characters'],
  ['a b', 'includes invalid characters for a local volume name'],
  ['../x', 'includes invalid characters'],
  ['.bad', 'includes invalid characters'],
  ['x/y', 'includes invalid characters'],
])('the name %j is refused', async (name, message) => {
  const { volumes } = await host();
  await expect(volumes.create(named(name))).rejects.toThrow(message);
});

test('another driver is refused by name', async () => {
  const { volumes } = await host();
  await expect(volumes.create({ ...named('net'), driver: 'nfs' })).rejects.toThrow(
    'create net: error looking up volume plugin nfs: plugin "nfs" not found',
  );
  await expect(volumes.remove('net', { force: false })).rejects.toMatchObject({ code: 'not-found', message: 'get net: no such volume' });
  await volumes.remove('net', { force: true });
});

test('a record that the disk does not give now is not made anew: nothing is done to its volume until it can be read', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('data', { a: 'b' }));
  writeFileSync(join(path, 'file'), 'kept');
  const record = join(path, '../volume.json');
  renameSync(record, `${record}.away`);
  mkdirSync(record); // to read it is EISDIR
  const again = await host(root);

  expect(again.said).toEqual([expect.stringContaining('volume data cannot be used: ')]);
  const refused = { code: 'unavailable', message: expect.stringContaining('volume data cannot be used: ') as unknown };
  await expect(again.volumes.remove('data', { force: true })).rejects.toMatchObject(refused);
  await expect(again.volumes.create(named('data'))).rejects.toMatchObject(refused);
  await expect(again.volumes.mount('data', two)).rejects.toMatchObject(refused);
  await again.volumes.prune(() => true, new AbortController().signal);
  expect(readFileSync(join(path, 'file'), 'utf8')).toBe('kept');

  rmdirSync(record);
  renameSync(`${record}.away`, record);
  await expect(again.volumes.remove('data', { force: true })).rejects.toMatchObject({ code: 'conflict' });
  expect(again.volumes.get('data')).toMatchObject({ labels: { a: 'b' }, holders: [one] });
});

test('what containers say of a volume that cannot be read counts as soon as it can', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('data'));
  const record = join(path, '../volume.json');
  renameSync(record, `${record}.away`);
  mkdirSync(record);
  const again = await host(root);
  await again.volumes.claim('data', two);
  again.volumes.adopt('data', one);
  again.volumes.adopt('data', two);
  await again.volumes.keepOnly(new Set([one, two]));
  await again.volumes.unmount('data', two);
  await again.volumes.release(one, []);

  rmdirSync(record);
  renameSync(`${record}.away`, record);
  const inUse = { code: 'conflict', message: `remove data: volume is in use - [${two}]` };
  await expect(again.volumes.remove('data', { force: true })).rejects.toMatchObject(inUse);
  expect((await host(root)).volumes.get('data').holders).toEqual([two]);
  await again.volumes.release(two, []);
  await again.volumes.remove('data', { force: false });
  expect(existsSync(path)).toBe(false);
});

test('a good record stays where it is the data that cannot be had now', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('data', { a: 'b' }));
  renameSync(path, `${path}.away`);
  writeFileSync(path, ''); // to make the directory there is EEXIST
  const again = await host(root);

  expect(again.said).toEqual([expect.stringContaining('volume data cannot be used: ')]);
  rmSync(path);
  renameSync(`${path}.away`, path);
  await again.volumes.mount('data', one);
  expect(again.volumes.get('data')).toMatchObject({ labels: { a: 'b' }, holders: [one] });
});

test('a record that was made anew learns from the containers that have its volume', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('data'));
  writeFileSync(join(path, '../volume.json'), '{"name"');

  const again = await host(root);
  await again.volumes.claim('data', one);
  await again.volumes.keepOnly(new Set([one]));
  await expect(again.volumes.remove('data', { force: true })).rejects.toMatchObject({ code: 'conflict' });
  expect((await host(root)).volumes.get('data').holders).toEqual([one]);
});

test('one volume that cannot be emptied, or cleared away, is told by name; the others are there', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('part'));
  await volumes.create(named('whole'));
  await volumes.create(named('gone'));
  const record = join(path, '../volume.json');
  writeFileSync(record, JSON.stringify({ ...(JSON.parse(readFileSync(record, 'utf8')) as object), isFilling: true }));
  const busy = [path, join(root, 'volumes/.removed/gone/_data')];
  mkdirSync(join(root, 'volumes/.removed'), { recursive: true });
  renameSync(join(root, 'volumes/gone'), join(root, 'volumes/.removed/gone'));
  for (const directory of busy) {
    writeFileSync(join(directory, 'file'), '');
    execFileSync('chattr', ['+i', join(directory, 'file')]);
    opened.defer(() => {
      if (existsSync(join(directory, 'file'))) execFileSync('chattr', ['-i', join(directory, 'file')]);
    });
  }

  const again = await host(root);
  expect(again.said).toEqual([expect.stringContaining('volume gone was removed'), expect.stringContaining('volume part cannot be used')]);
  expect(again.volumes.get('whole')).toMatchObject({ name: 'whole' });
  await expect(again.volumes.mount('part', one)).rejects.toThrow();
  execFileSync('chattr', ['-i', join(path, 'file')]);
  await again.volumes.mount('part', one);
  expect(readdirSync(path)).toEqual([]);
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

const mountsAt = async (path: string): Promise<(readonly [string, string])[]> =>
  (await kernel.mountsUnder(path)).map(({ type, source }) => [type, source] as const);

test.each([
  [{ foo: 'x' }, 'invalid option: "foo"'],
  [{ device: '/tmp' }, 'missing required option: "type"'],
  [{ type: 'tmpfs' }, 'missing required option: "device"'],
  [{ o: 'size=1m' }, 'missing required option: "device"'],
  [{ size: '1m' }, 'quota size requested but no quota support'],
])('options %j are refused: %s', async (options, why) => {
  const { volumes } = await host();
  await expect(volumes.create({ ...named('vol'), options })).rejects.toMatchObject({ code: 'invalid', message: `create vol: ${why}` });
});

test('what options say is mounted with the first user and unmounted after the last', async () => {
  const { volumes } = await host();
  const options = { type: 'tmpfs', device: 'memory', o: 'size=64k,uid=7,nosuid' };
  const { path } = await volumes.hold(one, { ...named('mem'), options });
  expect(await mountsAt(path)).toEqual([]);

  await volumes.mount('mem', one);
  await volumes.mount('mem', one);
  await volumes.mount('mem', two);
  expect(await mountsAt(path)).toEqual([['tmpfs', 'memory']]);
  expect(statSync(path).uid).toBe(7);
  writeFileSync(join(path, 'file'), 'x');
  await volumes.unmount('mem', one);
  await volumes.unmount('mem', one);
  expect(existsSync(join(path, 'file'))).toBe(true);
  await volumes.unmount('mem', two);
  expect([await mountsAt(path), readdirSync(path)]).toEqual([[], []]);
});

test('a device of another directory keeps what it has when the volume is removed', async () => {
  const { volumes, root } = await host();
  mkdirSync(join(root, 'source'));
  writeFileSync(join(root, 'source/precious'), '1');
  const options = { type: 'none', device: join(root, 'source'), o: 'bind,ro' };
  const { path } = await volumes.hold(one, { ...named('bound'), options });
  await volumes.mount('bound', one);
  expect(readdirSync(path)).toEqual(['precious']);
  expect(() => writeFileSync(join(path, 'more'), '')).toThrow('EROFS');
  await volumes.release(one, []);
  expect(await mountsAt(path)).toEqual([]);

  await volumes.mount('bound', 'f'.repeat(64));
  await expect(volumes.remove('bound', { force: true })).rejects.toMatchObject({ code: 'conflict' });
  const again = await host(root); // the former engine was killed in this state
  await again.volumes.remove('bound', { force: true });
  expect([readdirSync(join(root, 'source')), await mountsAt(root)]).toEqual([['precious'], []]);
});

test.each([
  [
    { type: 'none', device: '/none/such', o: 'bind' },
    /failed to mount local volume: mount \/none\/such:.*_data, flags: 0x1000: no such file or directory$/,
  ],
  [{ type: 'nopefs', device: 'x' }, /mount x:.*_data: no such device \(this kernel has no file system "nopefs"\)$/],
  [
    { type: 'nfs', device: ':/x', o: 'addr=no.such.host.invalid' },
    /error resolving passed in network volume address: lookup no.such.host.invalid/,
  ],
])('%j cannot be mounted, and says so as dockerd does', async (options, message) => {
  const { volumes } = await host();
  const { path } = await volumes.hold(one, { ...named('vol'), options });
  await expect(volumes.mount('vol', one)).rejects.toThrow(message);
  await expect(volumes.mount('vol', one)).rejects.toThrow(`error while mounting volume '${path}': `);
  await volumes.release(one, []);
  await volumes.remove('vol', { force: false });
});

test('a kernel without NFS says so when such a volume is used, one that has it asks the server', async () => {
  const { volumes } = await host();
  // Nobody listens at port 1.
  const options = { type: 'nfs', device: ':/export', o: 'addr=127.0.0.1,vers=4.2,proto=tcp,port=1,soft,timeo=1,retrans=1,retry=0' };
  await volumes.hold(one, { ...named('shared'), options });
  const mounted = await volumes.mount('shared', one).catch((thrown: unknown) => thrown);

  if (!(mounted instanceof Failure)) throw new Error('mounted from nowhere');
  expect(mounted.message).toContain('failed to mount local volume: mount :/export:');
  if (mounted.code === 'unsupported') expect(mounted.message).toMatch(/: no such device \(this kernel has no file system "nfs"\)$/);
  else expect(mounted.message).not.toContain('this kernel has no file system');
  await volumes.release(one, []);
  await volumes.remove('shared', { force: false });
});

test('after a restart what runs keeps its mounts and all else is unmounted', async () => {
  const { volumes, root } = await host();
  const options = { type: 'tmpfs', device: 'memory' };
  for (const [name, container] of [
    ['kept', one],
    ['left', two],
  ] as const) {
    await volumes.hold(container, { ...named(name), options });
    await volumes.mount(name, container);
  }

  const again = await host(root);
  again.volumes.adopt('kept', one);
  await again.volumes.keepOnly(new Set([one, two]));
  expect([await mountsAt(volumes.path('kept')), await mountsAt(volumes.path('left'))]).toEqual([[['tmpfs', 'memory']], []]);
  await again.volumes.unmount('kept', one);
  expect(await mountsAt(root)).toEqual([]);
});

test('an anonymous volume of a container that never came to be goes after a restart; one of a container whose record was lost stays', async () => {
  const { volumes, root } = await host();
  const lost = await volumes.hold(one, named(''));
  await volumes.confirm(one);
  await volumes.hold(two, named(''));

  const again = await host(root);
  await again.volumes.keepOnly(new Set());
  expect(again.volumes.all().map(({ name, holders }) => [name, holders])).toEqual([[lost.name, []]]);
  expect(again.events).toEqual([expect.stringContaining('destroy')]);
});

test('what an engine was filling or removing when it was killed is begun again or done to the end', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('half'));
  writeFileSync(join(path, 'part'), '');
  writeFileSync(join(path, '../volume.json'), JSON.stringify({ ...volumes.get('half'), isFilling: true }));
  mkdirSync(join(root, 'volumes/.removed/gone/_data'), { recursive: true });
  writeFileSync(join(root, 'volumes/.removed/gone/_data/file'), '');

  const again = await host(root);
  expect([readdirSync(path), readdirSync(join(root, 'volumes/.removed'))]).toEqual([[], []]);
  const rootfs = join(root, 'rootfs');
  mkdirSync(rootfs);
  writeFileSync(join(rootfs, 'whole'), '');
  await again.volumes.copyUp('half', rootfs, '/');
  expect(readdirSync(path)).toEqual(['whole']);
  await expect(again.volumes.copyUp((await again.volumes.create(named('other'))).name, rootfs, '/whole')).rejects.toThrow(
    'source /whole is not directory',
  );
});

test('what two have of a half filled volume is kept, also where its record could not be written before one of them went', async () => {
  const { volumes, root } = await host();
  const { path } = await volumes.hold(one, named('half'));
  await volumes.hold(two, named('half'));
  writeFileSync(join(path, 'of-two'), 'kept');
  const directory = join(path, '..');
  writeFileSync(join(directory, 'volume.json'), JSON.stringify({ ...volumes.get('half'), isFilling: true }));
  execFileSync('chattr', ['+i', directory]);
  opened.defer(() => {
    execFileSync('chattr', ['-i', directory]);
  });

  const again = await host(root);
  execFileSync('chattr', ['-i', directory]);
  expect(again.said).toEqual([expect.stringContaining('volume half cannot be used')]);
  await again.volumes.release(two, []);
  await again.volumes.mount('half', one);
  expect(readFileSync(join(path, 'of-two'), 'utf8')).toBe('kept');
});

test('a name of 255 characters is removed like any other', async () => {
  const { volumes, root } = await host();
  await volumes.create(named('b'.repeat(255)));
  await volumes.remove('b'.repeat(255), { force: false });
  expect(readdirSync(join(root, 'volumes'))).toEqual(['.removed']);
});
