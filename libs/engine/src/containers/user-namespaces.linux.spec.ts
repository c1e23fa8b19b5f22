import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { type EngineClient, noBytes } from '@gantry/engine-api';
import { peerPath } from '@gantry/engine-api/testing';
import { startEngineProcess } from '../testing/start-engine-process.ts';
import { createIn, inspectIn, runIn, shell, waitIn } from '../testing/container-client.ts';
import { busyboxImage, dockerArchive, imageOf, tarOf } from '../testing/image-archives.ts';
import { nothingLeft } from '../testing/nothing-left.ts';
import { openTestEngine, removeAll, type TestEngine } from '../testing/open-test-engine.ts';
import { subordinateAccounts } from '../testing/subordinate-accounts.ts';

const opened = new AsyncDisposableStack();
let accounts: string;
let engine: TestEngine;
beforeAll(async () => {
  accounts = opened.use(await subordinateAccounts()).path;
  const runc = join(peerPath('runc').split(':')[0] ?? '', 'runc');
  engine = opened.use(await openTestEngine({ usernsRemap: 'default', runtimes: { other: { path: runc, runtimeArgs: [] } } }, accounts));
});
afterAll(() => opened.disposeAsync());

async function saidBy(client: EngineClient, id: string, script: string): Promise<string> {
  const body = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true, Tty: true };
  const { Id } = await (await client.call('ContainerExec', { path: { id }, body })).json<{ Id: string }>();
  const { open } = await client.open('ExecStart', { path: { id: Id }, body: { Tty: true } });
  return Buffer.concat(await Array.fromAsync(open(noBytes)))
    .toString()
    .replaceAll('\r', '');
}

interface Entry {
  readonly uid: number;
  readonly gid: number;
}

test('files of a container and of a volume are shown and written with the ids of containers', async () => {
  const { client } = engine;
  const id = await runIn(
    client,
    shell('mkdir /made; chown 5:6 /made; sleep 60', { HostConfig: { Binds: ['files:/data', `${engine.root}:/host`] } }),
  );
  const look = async (path: string): Promise<Entry> =>
    (await client.call('ContainerFileStat', { path: { id }, query: { path, hostBinds: true } })).json<Entry>();
  const owner = async (path: string): Promise<string> => look(path).then(({ uid, gid }) => `${uid}:${gid}`);
  await expectSoon(() => owner('/made'), '5:6');
  expect(await Promise.all(['/bin/busybox', '/etc/hosts', '/data', '/host'].map(owner))).toEqual(['0:0', '0:0', '0:0', '65534:65534']);

  const write = (path: string, more: object = {}) =>
    client.call('ContainerFileWrite', { path: { id }, query: { path, hostBinds: true, ...more }, body: Buffer.from('x') });
  await write('/data/written', { uid: 7, gid: 8 });
  await client.call('ContainerFileMakeDirectory', { path: { id }, query: { path: '/data/a/b', parents: true } });
  expect(await saidBy(client, id, 'stat -c %u:%g /data/written /data/a /data/a/b')).toBe('7:8\n0:0\n0:0\n');
  const volume = (await (await client.call('VolumeInspect', { path: { name: 'files' } })).json<{ Mountpoint: string }>()).Mountpoint;
  expect([lstatSync(volume).uid, lstatSync(join(volume, 'written')).uid]).toEqual([100_000, 100_007]);
  const ofVolume = await client.call('VolumeFileStat', { path: { name: 'files' }, query: { path: '/written' } });
  expect(await ofVolume.json()).toMatchObject({ uid: 7, gid: 8 });

  await write('/host/of-the-host');
  const host = join(engine.root, 'of-the-host');
  expect(lstatSync(host).uid).toBe(100_000);
  execFileSync('chown', ['0:0', host]);
  await write('/host/of-the-host');
  await client.call('ContainerFileChange', { path: { id }, query: { path: '/host/of-the-host', mode: '0600', hostBinds: true } });
  expect([lstatSync(host).uid, lstatSync(host).mode & 0o777]).toEqual([0, 0o600]);
  await client.call('ContainerDelete', { path: { id }, query: { force: true } });
});

test('a container in another runtime has the ids of its user namespace, too', async () => {
  const { client } = engine;
  const id = await runIn(client, shell('sleep 60', { HostConfig: { Runtime: 'other', Binds: ['of-other:/data'] } }));
  const said = await saidBy(client, id, 'cat /proc/self/uid_map | tr -s " "; touch /data/x /own; stat -c %u /data/x /own /bin/busybox');
  expect(said).toBe(' 0 100000 65536\n0\n0\n0\n');
  await client.call('ContainerDelete', { path: { id }, query: { force: true } });
});

test('in the user namespace of the host a container sees the files of its image as others', async () => {
  const { client } = engine;
  const id = await runIn(client, shell('echo x >/own; sleep 60', { HostConfig: { UsernsMode: 'host', Privileged: true } }));
  const script = 'while [ ! -e /own ]; do sleep 0.05; done; cat /proc/self/uid_map | tr -s " "; stat -c %u /bin/busybox /own';
  expect(await saidBy(client, id, script)).toBe(' 0 0 4294967295\n100000\n0\n');
  const owner = await (await client.call('ContainerFileStat', { path: { id }, query: { path: '/bin/busybox' } })).json<Entry>();
  expect(owner.uid).toBe(100_000);

  const commit = await client.call('ImageCommit', { query: { container: id, repo: 'of-host' } });
  await commit.text();
  const other = await runIn(client, { ...shell('stat -c %u /own /bin/busybox >/seen; sleep 60'), Image: 'of-host' });
  await expectSoon(() => saidBy(client, other, 'cat /seen'), '0\n0\n');
  for (const one of [id, other]) await client.call('ContainerDelete', { path: { id: one }, query: { force: true } });
});

test('an image with an id that containers do not have is refused by number, and leaves nothing', async () => {
  const { client } = engine;
  const { layers } = await busyboxImage();
  const strange = await tarOf([{ type: 'file', name: 'strange', uid: 70_000, sizeBytes: 1, body: [Buffer.from('x')] }]);
  const archive = await dockerArchive([{ image: imageOf([...layers, strange], {}), tags: ['strange'] }]);
  const before = readdirSync(join(engine.root, 'data/engine/100000.100000/layers'));
  await expect(client.call('ImageLoad', { body: archive }).then((answer) => answer.text())).resolves.toMatch(
    /Container ID 70000 cannot be mapped to a host ID/,
  );
  expect(readdirSync(join(engine.root, 'data/engine/100000.100000/layers'))).toEqual(before);
});

test('shared memory of a container belongs to its root', async () => {
  const { client } = engine;
  const id = await runIn(client, shell('sleep 60', { HostConfig: { IpcMode: 'shareable' } }));
  expect(await saidBy(client, id, 'stat -c "%u %a" /dev/shm; touch /dev/shm/x && stat -c %u /dev/shm/x')).toBe('0 1777\n0\n');
  await client.call('ContainerDelete', { path: { id }, query: { force: true } });
});

test('containers with ids of their own outlive a killed engine, and are started, connected and removed by the next', async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  let process = await startEngineProcess(path, accounts);
  await using closing = new AsyncDisposableStack();
  closing.defer(() => nothingLeft({ roots: [path], instance: process.instance }));
  closing.defer(() => process.kill('SIGTERM'));
  closing.defer(() => removeAll(process.client));
  const archive = await dockerArchive([{ image: await busyboxImage({ Env: ['PATH=/bin'] }), tags: ['busybox:latest'] }]);
  await (await process.client.call('ImageLoad', { body: archive })).text();
  await process.client.call('NetworkCreate', { body: { Name: 'front' } });
  const id = await runIn(
    process.client,
    shell('trap "exit 7" TERM; while :; do sleep 0.1; done', { HostConfig: { Binds: ['kept:/data'] } }),
  );
  const waiting = await createIn(process.client, shell('id -u; sleep 60'));
  const before = (await inspectIn(process.client, id)).State;

  await process.kill('SIGKILL');
  process = await startEngineProcess(path, accounts);
  const { client } = process;
  expect((await inspectIn(client, id)).State).toEqual(before);
  expect(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${before.Pid}/status`, 'utf8'))?.[1]).toBe('100000');
  await client.call('NetworkConnect', { path: { id: 'front' }, body: { Container: id } });
  expect(await saidBy(client, id, 'id -u; ls -1 /sys/class/net; touch /data/x && stat -c %u /data/x /etc/hosts')).toBe(
    '0\neth0\neth1\nlo\n0\n0\n',
  );
  await client.call('ContainerStart', { path: { id: waiting } });
  await client.call('ContainerStop', { path: { id } });
  expect(await waitIn(client, id)).toBe(7);
  await client.call('ContainerStart', { path: { id } });
  expect(await saidBy(client, id, 'stat -c %u /data/x')).toBe('0\n');
});

test('what keeps containers from having ids of their own is named before anything is made', async () => {
  await expect(openTestEngine({ usernsRemap: 'nobody-here' }, accounts)).rejects.toThrow(
    `"userns-remap": "nobody-here": there is no user nobody-here in ${accounts}/passwd`,
  );
});

async function expectSoon(ask: () => Promise<string>, expected: string): Promise<void> {
  for (const untilMs = Date.now() + 40_000; Date.now() < untilMs && (await ask().catch(() => '')) !== expected;)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await ask()).toBe(expected);
}
