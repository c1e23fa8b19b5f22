import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@gantry/base/testing';
import { serveEngine } from '@gantry/engine-api';
import {
  ask,
  askUntil,
  type EngineUnderTest,
  exitCodeOf,
  framesOf,
  loadBusybox,
  runContainer,
  uniqueName,
  userNamespaceConformance,
} from '@gantry/engine-api/testing';
import { defaultEngineConfig } from '../config.ts';
import { openNativeEngine } from '../native-engine.ts';
import { nothingLeft } from './nothing-left.ts';
import { subordinateAccounts } from './subordinate-accounts.ts';
import { testPool } from './test-pool.ts';

const opened = new AsyncDisposableStack();
let engine: EngineUnderTest;

beforeAll(async () => {
  const { path } = opened.use(await temporaryDirectory());
  const accounts = opened.use(await subordinateAccounts());
  const native = await openNativeEngine({
    dataRoot: join(path, 'data'),
    runRoot: join(path, 'run'),
    config: { ...defaultEngineConfig, usernsRemap: 'default', addressPools: [testPool(219)] },
    accounts: accounts.path,
  });
  opened.defer(() => nothingLeft({ roots: [path], instance: native.instance }));
  opened.use(native);
  const socketPath = join(path, 'docker.sock');
  opened.use(await serveEngine(native.handle, { path: socketPath }));
  engine = { kind: 'native', socketPath, enter: [] };
  opened.defer(() => removeContainers(engine));
  await loadBusybox(engine);
});
afterAll(() => opened.disposeAsync());

/** They outlive the engine, not the test. */
async function removeContainers(under: EngineUnderTest): Promise<void> {
  const { value } = await ask(under, 'GET /containers/json?all=1');
  for (const { Id } of value as { Id: string }[]) await ask(under, `DELETE /containers/${Id}?force=1&v=1`);
}

userNamespaceConformance(() => engine);

test('a detached exec opens its output by name', async () => {
  const body = { Image: 'busybox', Cmd: ['sleep', '60'] };
  const { value: container } = await ask(engine, 'POST /containers/create', { body });
  const { Id: id } = container as { Id: string };
  await ask(engine, `POST /containers/${id}/start`);
  const Cmd = [
    'sh',
    '-c',
    'for name in stdout stderr; do echo heard >/dev/$name || echo no $name >>/tmp/said; done; echo over >>/tmp/said',
  ];
  const { value: exec } = await ask(engine, `POST /containers/${id}/exec`, { body: { Cmd } });
  await ask(engine, `POST /exec/${(exec as { Id: string }).Id}/start`, { body: { Detach: true } });

  const said = () => ask(engine, `GET /containers/${id}/archive?path=/tmp/said`);
  const { body: archive } = await askUntil(said, ({ body: tar }) => tar.includes('over'));
  expect(archive).not.toContain('no std');
});

async function outputOf(script: string, HostConfig: object): Promise<string> {
  const container = await runContainer(engine, script, { HostConfig });
  await exitCodeOf(engine, container);
  const { stdout, stderr } = framesOf((await ask(engine, `GET /containers/${container.id}/logs?stdout=1&stderr=1`)).body);
  return stdout + stderr;
}

test("the host's IPC and a device are there for a container with ids of its own", async () => {
  expect(await outputOf('test -d /dev/shm && readlink /proc/self/ns/ipc', { IpcMode: 'host' })).toBe(
    `${readlinkSync('/proc/self/ns/ipc')}\n`,
  );
  const Devices = [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/own', CgroupPermissions: 'r' }];
  expect(await outputOf('head -c 3 /dev/own | wc -c', { Devices })).toBe('3\n');
});

test('a part of a volume belongs to the ids of the container', async () => {
  const Source = uniqueName('volume');
  const volume = (VolumeOptions: object): object => ({ Mounts: [{ Type: 'volume', Source, Target: '/d', VolumeOptions }] });
  expect(await outputOf('mkdir /d/part; echo words >/d/part/file; chown 5 /d/part/file', volume({}))).toBe('');
  expect(await outputOf('cat /d/file; stat -c %u:%g /d/file; touch /d/mine && ls /d', volume({ Subpath: 'part' }))).toBe(
    'words\n5:0\nfile\nmine\n',
  );
});
