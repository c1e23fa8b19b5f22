import { dockerEngine, type Engine } from '@gantry/engine-api';
import { ask as askSocket, type Dockerd, type EngineUnderTest, loadBusybox, startDockerd } from '@gantry/engine-api/testing';
import { Guarded, type Told } from '../testing/index.ts';

let dockerd: Dockerd;
let engine: Engine & Disposable;
let guarded: Guarded;
const socket = (): EngineUnderTest => ({ kind: 'dockerd', socketPath: dockerd.socketPath, enter: dockerd.enter });

beforeAll(async () => {
  dockerd = await startDockerd();
  engine = dockerEngine({ socketPath: dockerd.socketPath });
  // That of Debian speaks no newer version.
  guarded = new Guarded(engine, { apiVersion: '1.41' });
  await loadBusybox(socket());
}, 180_000);
afterAll(async () => {
  engine[Symbol.dispose]();
  await dockerd[Symbol.asyncDispose]();
}, 180_000);

/** Somebody who may make containers on the whole host, and none with power over it. */
const ask = (line: string, how: { body?: unknown; type?: string } = {}): Promise<Told> =>
  guarded.ask(guarded.rights('deployer', undefined, ['exec']), line, how);
const asOwner = (line: string, body?: unknown): Promise<Told> => guarded.ask(guarded.rights('owner'), line, { body });

async function counts(): Promise<number[]> {
  const lists = ['GET /containers/json?all=1', 'GET /volumes', 'GET /networks'] as const;
  const found = await Promise.all(lists.map((line) => askSocket(socket(), line)));
  return found.map(({ value }) => (Array.isArray(value) ? value : ((value as { Volumes: unknown[] | null }).Volumes ?? [])).length);
}

const bindOptions = { type: 'none', o: 'bind', device: '/' };
/** A field of HostConfig, a value that gives power over the host, and one that gives none. */
const dangerous: readonly (readonly [field: string, value: unknown, harmless: unknown])[] = [
  ['Privileged', true, false],
  ['CapAdd', ['SYS_MODULE'], []],
  ['Devices', [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }], []],
  ['DeviceRequests', [{ Driver: 'nvidia', Count: -1 }], []],
  ['DeviceCgroupRules', ['c *:* rwm'], []],
  ['SecurityOpt', ['seccomp=unconfined'], []],
  ['SecurityOpt', ['apparmor=unconfined'], ['no-new-privileges']],
  ['MaskedPaths', [], null],
  ['ReadonlyPaths', [], null],
  ['Sysctls', { 'net.ipv4.ip_forward': '1' }, {}],
  ['Runtime', 'runc', ''],
  ['CgroupParent', '/somewhere', ''],
  ['NetworkMode', 'host', 'none'],
  ['PidMode', 'host', ''],
  ['IpcMode', 'host', ''],
  ['UTSMode', 'host', ''],
  ['UsernsMode', 'host', ''],
  ['CgroupnsMode', 'host', 'private'],
  ['Binds', ['/:/host'], []],
  ['Binds', ['/var/run/docker.sock:/docker.sock:ro'], []],
  ['Mounts', [{ Type: 'bind', Source: '/', Target: '/host' }], []],
  [
    'Mounts',
    [{ Type: 'volume', Source: '', Target: '/host', VolumeOptions: { DriverConfig: { Name: 'local', Options: bindOptions } } }],
    [],
  ],
  ['Mounts', [{ Type: 'volume', Target: '/v', VolumeOptions: { DriverConfig: { Name: 'plugin' } } }], []],
  ['VolumeDriver', 'plugin', 'local'],
  ['Tmpfs', { '/t': 'rw,exec' }, {}],
  ['Ulimits', [{ Name: 'nofile', Soft: -1, Hard: -1 }], []],
  ['OomKillDisable', true, false],
  ['OomScoreAdj', -500, 0],
  ['LogConfig', { Type: 'syslog', Config: { 'syslog-address': 'udp://192.0.2.1:514' } }, { Type: 'json-file' }],
  ['StorageOpt', { size: '1G' }, {}],
  ['CpuRealtimeRuntime', 950_000, 0],
  ['BlkioWeightDevice', [{ Path: '/dev/null', Weight: 10 }], []],
];

const document = (field: string, value: unknown): string =>
  JSON.stringify({ Image: 'busybox', Cmd: ['true'], HostConfig: { [field]: value } });
/** Every way in: the spelling of a body that holds the dangerous value, and what the door says to it. */
const ways: readonly (readonly [title: string, status: number, spell: (field: string, value: unknown, harmless: unknown) => string])[] = [
  ['as it is', 403, (field, value) => document(field, value)],
  [
    'in lower case',
    403,
    (field, value) => document(field, value).replace(`"${field}"`, `"${field.toLowerCase()}"`).replace('"HostConfig"', '"hostconfig"'),
  ],
  [
    'in upper case',
    403,
    (field, value) => document(field, value).replace(`"${field}"`, `"${field.toUpperCase()}"`).replace('"HostConfig"', '"HOSTCONFIG"'),
  ],
  [
    'escaped',
    403,
    (field, value) => document(field, value).replace(`"${field}"`, `"\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}"`),
  ],
  [
    'twice in one object',
    400,
    (field, value, harmless) =>
      document(field, harmless).replace(`{"${field}"`, `{"${field.toLowerCase()}":${JSON.stringify(value)},"${field}"`),
  ],
  [
    'in a second HostConfig',
    400,
    (field, value, harmless) =>
      document(field, harmless).replace('{"Image"', `{"hostconfig":{"${field}":${JSON.stringify(value)}},"Image"`),
  ],
  ['in a second document', 400, (field, value, harmless) => document(field, harmless) + document(field, value)],
];

describe.each(ways)('a dangerous field %s', (_title, status, spell) => {
  test.each(dangerous)('%s (%j) is refused by name, and nothing is made', async (field, value, harmless) => {
    const before = await counts();
    const told = await ask('POST /containers/create?name=danger', { body: spell(field, value, harmless) });

    expect([told.status, told.text]).toEqual([status, expect.stringContaining(status === 403 ? field : '') as string]);
    expect(await counts()).toEqual(before);
  });
});

test('a form is refused, and no name in its body counts', async () => {
  const before = await counts();
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain']) {
    const body = 'name=hijack&HostConfig.Privileged=true';
    expect([type, (await ask('POST /containers/create?name=fine', { body, type })).status]).toEqual([type, 415]);
  }
  await askSocket(socket(), 'POST /containers/create?name=named', { body: { Image: 'busybox' } });
  expect(
    (await ask('POST /containers/named/rename?name=fine', { body: 'name=hijack', type: 'application/x-www-form-urlencoded' })).status,
  ).toBe(415);
  expect((await askSocket(socket(), 'DELETE /containers/named')).status).toBe(204);
  expect(await counts()).toEqual(before);
});

test('what a container is given later is judged as what it is made with', async () => {
  expect(
    (await asOwner('POST /containers/create?name=plain', { Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: { NetworkMode: 'none' } }))
      .status,
  ).toBe(201);
  await asOwner('POST /containers/plain/start');
  for (const [field, value] of dangerous.filter(([name]) =>
    [
      'Devices',
      'DeviceRequests',
      'DeviceCgroupRules',
      'CgroupParent',
      'Ulimits',
      'OomKillDisable',
      'CpuRealtimeRuntime',
      'BlkioWeightDevice',
    ].includes(name),
  ))
    expect([field, await ask('POST /containers/plain/update', { body: { [field]: value } })]).toMatchObject([
      field,
      { status: 403, text: expect.stringContaining(field) as string },
    ]);
  expect(await ask('POST /containers/plain/exec', { body: { Cmd: ['id'], privileged: true } })).toMatchObject({
    status: 403,
    text: expect.stringContaining('Privileged') as string,
  });
  expect(await ask('POST /containers/plain/start?checkpoint=c')).toMatchObject({
    status: 403,
    text: expect.stringContaining('checkpoint') as string,
  });
  expect(((await asOwner('GET /containers/plain/json')).value as { ExecIDs: unknown }).ExecIDs).toBeNull();
  expect((await asOwner('DELETE /containers/plain?force=1')).status).toBe(204);
});

test.each<[string, unknown, string]>([
  ['POST /volumes/create', { Name: 'root', DriverOpts: bindOptions }, 'DriverOpts'],
  ['POST /volumes/create', { Name: 'root', driveropts: bindOptions }, 'DriverOpts'],
  ['POST /volumes/create', { Name: 'root', Driver: 'plugin' }, 'Driver'],
  ['POST /networks/create', { Name: 'wide', Driver: 'macvlan', Options: { parent: 'eth0' } }, 'Driver'],
  ['POST /networks/create', { Name: 'wide', Options: { 'com.docker.network.bridge.name': 'docker0' } }, 'Options'],
  ['POST /build?networkmode=host', undefined, 'networkmode'],
  ['POST /build?remote=http://192.0.2.1/', undefined, 'remote'],
  ['POST /build?cgroupparent=/x', undefined, 'cgroupparent'],
  ['POST /images/create?fromSrc=http://192.0.2.1/&repo=x', undefined, 'fromSrc'],
])('%s with %j is refused by name, and nothing is made', async (line, body, field) => {
  const before = await counts();

  expect(await ask(line, { body })).toMatchObject({ status: 403, text: expect.stringContaining(field) as string });
  expect(await counts()).toEqual(before);
});

test('who holds container:elevated gets what was judged, whatever the spelling', async () => {
  const made = await asOwner('POST /containers/create?name=strong', '{"image":"busybox","HOSTCONFIG":{"privileged":true}}');
  expect(made.status).toBe(201);
  expect((await asOwner('GET /containers/strong/json')).value).toMatchObject({
    Config: { Image: 'busybox' },
    HostConfig: { Privileged: true },
  });
  await asOwner('DELETE /containers/strong');
});

test('a container that is named like the beginning of another’s id is not taken for it by its id', async () => {
  const first = (await asOwner('POST /containers/create?name=first', { Image: 'busybox' })).value as { Id: string };
  const short = first.Id.slice(0, 12);
  await asOwner(`POST /containers/create?name=${short}`, { Image: 'busybox' });

  expect((await asOwner(`GET /containers/${first.Id}/json`)).value).toMatchObject({ Name: '/first' });
  expect((await asOwner(`GET /containers/${short}/json`)).value).toMatchObject({ Name: `/${short}` });
  await asOwner(`DELETE /containers/${short}`);
  expect((await asOwner('GET /containers/first/json')).status).toBe(200);
  await asOwner('DELETE /containers/first');
});

test('references that were replaced by ids do what the names would have done', async () => {
  await asOwner('POST /networks/create', { Name: 'front' });
  await asOwner('POST /networks/create', { Name: 'back' });
  const body = {
    Image: 'busybox',
    Cmd: ['sleep', '100'],
    HostConfig: { NetworkMode: 'front' },
    NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['x'] } } },
  };
  expect((await asOwner('POST /containers/create?name=both', body)).status).toBe(201);
  expect((await asOwner('POST /networks/back/connect', { Container: 'both' })).status).toBe(200);
  expect((await asOwner('POST /containers/both/start')).status).toBe(204);

  const { value } = await asOwner('GET /containers/both/json');
  expect(Object.keys((value as { NetworkSettings: { Networks: object } }).NetworkSettings.Networks).toSorted()).toEqual(['back', 'front']);
  expect((await asOwner('DELETE /containers/both?force=1')).status).toBe(204);
  expect((await asOwner('DELETE /networks/front')).status).toBe(204);
  expect((await asOwner('DELETE /networks/back')).status).toBe(204);
});
