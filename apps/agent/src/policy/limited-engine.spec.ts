import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { type Got, hostile, scriptedEngine } from '../testing/scripted-engine.ts';
import { limitedEngine } from './limited-engine.ts';
import { everything, type Policy, type PolicyKey } from './policy.ts';

const opened = closedAfterEach();
type Sent = readonly [line: string, body?: string, type?: string];

async function send(change: Partial<Policy>, [line, body, type]: Sent, objects: Record<string, unknown> = {}) {
  const { engine, effects } = scriptedEngine(objects);
  const answer = await limitedEngine(engine, { ...everything, ...change })(
    hostile(line, { body, ...(type === undefined ? {} : { type }) }),
  );
  if (answer.kind !== 'plain') throw new Error('not plain');
  const { message = '' } = JSON.parse(Buffer.from(answer.body as Uint8Array).toString()) as { message?: string };
  return { status: answer.status, message, effects };
}

const created = (effects: readonly Got[]): unknown => JSON.parse(effects[0]?.body ?? 'null');

/** Each dangerous field, with the setting that forbids it and what the refusal names. */
const dangers: readonly (readonly [PolicyKey, string, object])[] = [
  ['privileged', 'Privileged', { Privileged: true }],
  ['capabilities', 'CapAdd', { CapAdd: ['SYS_ADMIN'] }],
  ['devices', 'Devices', { Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }] }],
  ['devices', 'DeviceRequests', { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] }],
  ['devices', 'DeviceCgroupRules', { DeviceCgroupRules: ['a *:* rwm'] }],
  ['hostNamespaces', 'NetworkMode', { NetworkMode: 'host' }],
  ['hostNamespaces', 'NetworkMode', { NetworkMode: 'container:db' }],
  ['hostNamespaces', 'PidMode', { PidMode: 'host' }],
  ['hostNamespaces', 'IpcMode', { IpcMode: 'host' }],
  ['hostNamespaces', 'UTSMode', { UTSMode: 'host' }],
  ['hostNamespaces', 'UsernsMode', { UsernsMode: 'host' }],
  ['hostNamespaces', 'CgroupnsMode', { CgroupnsMode: 'host' }],
  ['hostPaths', 'Binds /:/host', { Binds: ['/:/host'] }],
  ['hostPaths', 'Binds', { Binds: ['/var/run/docker.sock:/s:ro'] }],
  ['hostPaths', 'Mounts', { Mounts: [{ Type: 'bind', Source: '/', Target: '/host' }] }],
  [
    'hostPaths',
    'Mounts',
    { Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { DriverConfig: { Options: { type: 'none', o: 'bind', device: '/' } } } }] },
  ],
  ['otherElevated', 'Mounts', { Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { DriverConfig: { Name: 'nfs' } } }] }],
  ['otherElevated', 'Mounts', { Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { Options: [['exec']] } }] }],
  ['otherElevated', 'Mounts', { Mounts: [{ Type: 'cluster', Target: '/t' }] }],
  ['otherElevated', 'SecurityOpt', { SecurityOpt: ['seccomp=unconfined'] }],
  ['otherElevated', 'MaskedPaths', { MaskedPaths: [] }],
  ['otherElevated', 'ReadonlyPaths', { ReadonlyPaths: [] }],
  ['otherElevated', 'Sysctls', { Sysctls: { 'kernel.core_pattern': '|/x' } }],
  ['otherElevated', 'Runtime', { Runtime: 'other' }],
  ['otherElevated', 'CgroupParent', { CgroupParent: '/' }],
  ['otherElevated', 'VolumeDriver', { VolumeDriver: 'nfs' }],
  ['otherElevated', 'Ulimits', { Ulimits: [{ Name: 'nofile', Soft: -1, Hard: -1 }] }],
  ['otherElevated', 'OomScoreAdj', { OomScoreAdj: -500 }],
  ['otherElevated', 'LogConfig', { LogConfig: { Type: 'syslog' } }],
  ['otherElevated', 'StorageOpt', { StorageOpt: { size: '1T' } }],
  ['otherElevated', 'HostConfig.FieldOfTomorrow', { FieldOfTomorrow: 1 }],
];

const lowered = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]))
    : value;

/** Each way by which a create reaches an engine: in the field's own spelling, in another, behind a harmless twin, under another version. */
const ways: readonly (readonly [string, (hostConfig: object) => Sent])[] = [
  ['as it is', (host) => ['POST /v1.41/containers/create?name=x', JSON.stringify({ Image: 'busybox', HostConfig: host })]],
  ['without a version', (host) => ['POST /containers/create', JSON.stringify({ Image: 'busybox', HostConfig: host })]],
  ['in lower case', (host) => ['POST /v1.41/containers/create', JSON.stringify({ image: 'busybox', hostconfig: lowered(host) })]],
  [
    'merged behind a harmless one',
    (host) => ['POST /v1.41/containers/create', `{"HostConfig":{"Privileged":false},"hostconfig":${JSON.stringify(host)}}`],
  ],
  [
    'in front of a harmless one',
    (host) => ['POST /v1.41/containers/create', `{"hostconfig":${JSON.stringify(host)},"HostConfig":{"Memory":1}}`],
  ],
  ['with an escaped path', (host) => ['POST /v1.41/containers/%63reate', JSON.stringify({ Image: 'busybox', HostConfig: host })]],
  [
    'with escaped names',
    (host) => ['POST /v1.41/containers/create', JSON.stringify({ HostConfig: host }).replace('HostConfig', '\\u0048ostConfig')],
  ],
];

test.each(dangers.flatMap(([key, field, host]) => ways.map(([way, sent]) => ({ key, field, host, way, sent }))))(
  'while $key is false a server that forwards anything cannot create with $host, $way',
  async ({ key, field, host, sent }) => {
    const { status, message, effects } = await send({ [key]: false }, sent(host));

    expect([status, message.toLowerCase()]).toEqual([403, expect.stringContaining(field.toLowerCase())]);
    expect(message).toContain(`${key} is false in its policy.json`);
    expect(effects).toEqual([]);
  },
);

test.each(dangers)('elevatedContainers false forbids all of it, %s or not: %s', async (_, field, host) => {
  const { status, message, effects } = await send({ elevatedContainers: false }, [
    'POST /containers/create',
    JSON.stringify({ Image: 'busybox', HostConfig: host }),
  ]);

  expect([status, effects]).toEqual([403, []]);
  expect(message).toContain(field.split(' ')[0]);
  expect(message).toContain('elevatedContainers is false');
});

test.each<[PolicyKey, Sent]>([
  ['devices', ['POST /containers/c1/update', '{"Devices":[{"PathOnHost":"/dev/sda"}]}']],
  ['otherElevated', ['POST /containers/c1/update', '{"FieldOfTomorrow":1}']],
  ['privileged', ['POST /containers/c1/exec', '{"Privileged":true,"Cmd":["sh"]}']],
  ['hostPaths', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"none","o":"bind","device":"/"}}']],
  ['hostPaths', ['POST /volumes/create', '{"name":"v","driveropts":{"o":"rbind,ro","device":"/etc"}}']],
  ['hostPaths', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"ext4","o":"bind","device":"/etc"}}']],
  ['hostPaths', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"none","o":"ro,bind","device":"./etc"}}']],
  ['hostPaths', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"ext4","device":"/dev/sda1"}}']],
  ['hostPaths', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"overlay","o":"lowerdir=/etc:/usr","device":"overlay"}}']],
  ['otherElevated', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"overlay","o":"lowerdir=/etc:/usr","device":"overlay"}}']],
  ['otherElevated', ['POST /volumes/create', '{"Name":"v","Driver":"nfs"}']],
  ['otherElevated', ['POST /volumes/create', '{"Name":"v","DriverOpts":{"type":"nfs","device":":/x","o":"addr=10.0.0.1"}}']],
  ['otherElevated', ['POST /networks/create', '{"Name":"n","Driver":"macvlan"}']],
  ['otherElevated', ['POST /networks/n/connect', '{"Container":"c1","EndpointConfig":{"DriverOpts":{"a":"b"}}}']],
  ['hostNamespaces', ['POST /build?networkmode=host', '', 'application/x-tar']],
  ['otherElevated', ['POST /build?securityopt=x', '', 'application/x-tar']],
  ['otherElevated', ['POST /services/create', '{"Name":"s","TaskTemplate":{"ContainerSpec":{"Mounts":[{"Type":"bind","Source":"/"}]}}}']],
  ['otherElevated', ['POST /swarm/init', '{}']],
  ['otherElevated', ['POST /plugins/pull?remote=x', '[]']],
  ['otherElevated', ['POST /grpc', '']],
])('while %s is false %j is refused', async (key, sent) => {
  const objects = { '/containers/c1/json': { HostConfig: {}, Mounts: [] } };
  const { status, message, effects } = await send({ [key]: false }, sent, objects);

  expect([status, message, effects]).toEqual([403, expect.stringContaining(`${key} is false`), []]);
  expect((await send({ elevatedContainers: false }, sent, objects)).status).toBe(403);
});

test.each<[Sent]>([
  [['POST /containers/create?name=fine', 'HostConfig={"Privileged":true}', 'application/x-www-form-urlencoded']],
  [['POST /containers/c1/rename?name=fine', 'name=hijack', 'application/x-www-form-urlencoded']],
  [['POST /containers/create', '{"Image":"busybox"}{"HostConfig":{"Privileged":true}}']],
  [['POST /containers/create', '{"HostConfig":{"Privileged":false},"HostConfig":{"Memory":1}}']],
  [['POST /containers/create', '{"HostConfig":']],
  [['POST /containers/create', '{"HostConfig":{"Privileged":"true"}}']],
  [['POST /containers/../containers/create', '{}']],
  [['POST //containers/create', '{"HostConfig":{"Privileged":true}}']],
  [['POST /v1.41//containers/create', '{"HostConfig":{"Privileged":true}}']],
  [['POST /containers/create/', '{"HostConfig":{"Privileged":true}}']],
  [['POST /Containers/create', '{"HostConfig":{"Privileged":true}}']],
  [['POST /libpod/containers/create', '{"privileged":true}']],
  [['POST /containers/%2e%2e/start', '']],
  [['GET /no/such/route', '']],
])('what can be read in two ways, or has no row, never reaches the engine: %j', async (sent) => {
  const { status, effects } = await send({ privileged: false }, sent);

  expect([400, 403]).toContain(status);
  expect(effects).toEqual([]);
});

test('what the engine gets is made of what was judged: no unknown field, no second value, no body where the row has none', async () => {
  const create = await send({ exec: false }, [
    'POST /v1.41/containers/create?name=a&name=b&x=1',
    '{"image":"busybox","Later":{"Privileged":true}}',
  ]);
  expect(create.effects).toMatchObject([{ line: 'POST /v1.41/containers/create?name=a' }]);
  expect(created(create.effects)).toEqual({ Image: 'busybox' });

  const start = await send({ exec: false }, ['POST /containers/c1/start', '{"Privileged":true,"Binds":["/:/host"]}']);
  expect(start.effects).toEqual([{ line: 'POST /containers/c1/start', body: '' }]);
});

test('each use of a host is forbidden by its own setting and by no other', async () => {
  const plain = { '/containers/c1/json': { HostConfig: {}, Mounts: [] } };
  const uses: [PolicyKey, Sent][] = [
    ['exec', ['POST /v1.51/containers/c1/exec', '{"Cmd":["sh"]}']],
    ['exec', ['POST /containers/c1/attach?stream=1', '']],
    ['exec', ['POST /exec/e1/start', '{}']],
    ['fileWrites', ['PUT /containers/c1/archive?path=/', '', 'application/x-tar']],
    ['fileWrites', ['PUT /gantry/containers/c1/files/content?path=/x', '', 'application/octet-stream']],
    ['fileReads', ['GET /containers/c1/archive?path=/etc', '']],
    ['fileReads', ['GET /containers/c1/export', '']],
    ['fileReads', ['GET /gantry/containers/c1/files?path=/', '']],
    ['changes', ['POST /containers/c1/start', '']],
    ['changes', ['DELETE /images/x', '']],
  ];
  for (const [key, sent] of uses) {
    expect([sent[0], (await send({ [key]: false }, sent, plain)).message]).toEqual([sent[0], expect.stringContaining(`${key} is false`)]);
    const others = (['exec', 'fileWrites', 'fileReads'] as const).filter((other) => other !== key);
    for (const other of others)
      expect([sent[0], other, (await send({ [other]: false }, sent, plain)).status]).toEqual([sent[0], other, 200]);
  }
  expect((await send({ changes: false }, ['GET /containers/json', ''])).status).toBe(200);
});

test('whatever the policy forbids, a terminal can be ended; a shell on the host is not judged by what it says of containers', async () => {
  const id = 'e'.repeat(64);
  for (const ending of [`POST /gantry/sessions/${id}/close`, `DELETE /gantry/sessions/${id}`, `DELETE /gantry/host/shell/${id}`])
    for (const policy of [{ changes: false }, { exec: false }])
      expect([ending, policy, (await send(policy, [ending, ''])).status]).toEqual([ending, policy, 200]);
  expect((await send({ exec: false }, [`POST /gantry/sessions/${id}/watch`, ''])).status).toBe(403);
  expect((await send({ exec: false }, [`POST /gantry/host/shell/${id}/watch`, ''])).status).toBe(200);
});

test.each<PolicyKey>(['elevatedContainers', 'otherElevated'])(
  'while %s is false docker cp reaches a container without the host’s paths, and our own rows that ask for these are refused',
  async (key) => {
    const objects = { '/containers/c1/json': { HostConfig: {}, Mounts: [] } };
    for (const method of ['PUT', 'HEAD', 'GET']) {
      const sent: Sent = [`${method} /v1.41/containers/c1/archive?path=%2Fsrv&hostBinds=1`, '', 'application/x-tar'];
      const { status, effects } = await send({ [key]: false }, sent, objects);
      expect([status, effects]).toMatchObject([200, [{ line: `${method} /v1.41/containers/c1/archive?path=%2Fsrv` }]]);
      expect((await send({ exec: false }, sent, objects)).effects).toMatchObject([{ line: sent[0] }]);
    }
    const own = await send({ [key]: false }, ['GET /gantry/containers/c1/files?path=/&hostBinds=1', ''], objects);
    expect([own.status, own.message]).toEqual([403, expect.stringContaining(`hostBinds: ${key} is false`)]);
    const mounted = { '/containers/c1/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/etc', Destination: '/host' }] } };
    const bound = await send({ hostPaths: false, [key]: false }, ['GET /containers/c1/archive?path=/host&hostBinds=1', ''], mounted);
    expect([bound.status, bound.effects]).toEqual([403, []]);
  },
);

test('a list of paths allows these and what is below them, in every disguise of a bind', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const [data, outside] = [join(path, 'data'), join(path, 'outside')];
  await mkdir(join(data, 'a'), { recursive: true });
  await mkdir(outside);
  await symlink('/', join(data, 'root'));
  await symlink('a', join(data, 'inside'));
  const policy = { hostPaths: [data] };
  const bind = (source: string): Sent => ['POST /containers/create', JSON.stringify({ HostConfig: { Binds: [`${source}:/x`] } })];
  const mount = (Source: string): Sent => [
    'POST /containers/create',
    JSON.stringify({ HostConfig: { Mounts: [{ Type: 'bind', Source, Target: '/x' }] } }),
  ];
  const volume = (device: string): Sent => [
    'POST /volumes/create',
    JSON.stringify({ Name: 'v', DriverOpts: { type: 'none', o: 'bind', device } }),
  ];

  for (const way of [bind, mount, volume]) {
    for (const source of [data, join(data, 'a'), join(data, 'not-there', 'yet'), `${data}/`])
      expect([way.name, source, (await send(policy, way(source))).status]).toEqual([way.name, source, 200]);
    for (const source of [
      '/',
      path,
      outside,
      `${data}x`,
      `${data}/../outside`,
      `${data}/root`,
      `${data}/root/etc`,
      `${data}/inside`,
      './data',
      '~',
    ]) {
      const { status, effects } = await send(policy, way(source));
      expect([way.name, source, status, effects]).toEqual([way.name, source, 403, []]);
    }
  }
  expect((await send({ hostPaths: ['/'] }, bind(join(data, 'a')))).status).toBe(200);
  expect((await send({ hostPaths: ['/'] }, bind(join(data, 'root')))).status).toBe(403);
  expect((await send({ hostPaths: [] }, bind(data))).message).toContain('not in the list hostPaths');
});

test('a volume that is a directory of the host, and the mounts of another container, are judged as the paths that they are', async () => {
  const objects = {
    '/volumes/root': { Driver: 'local', Options: { type: 'none', o: 'bind', device: '/' } },
    '/volumes/plain': { Driver: 'local', Options: null },
    '/volumes/share': { Driver: 'local', Options: { type: 'nfs', device: ':/x' } },
    '/containers/db/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/etc', Destination: '/x' }] },
    '/containers/deep/json': { HostConfig: {}, Mounts: [{ Type: 'volume', Name: 'root', Destination: '/x' }] },
    '/containers/web/json': { HostConfig: {}, Mounts: [{ Type: 'volume', Name: 'plain', Destination: '/x' }] },
  };
  const make = (host: object): Sent => ['POST /containers/create', JSON.stringify({ HostConfig: host })];
  const statusOf = async (change: Partial<Policy>, host: object): Promise<number> => (await send(change, make(host), objects)).status;

  expect(await statusOf({ hostPaths: false }, { Binds: ['root:/x'] })).toBe(403);
  expect(await statusOf({ hostPaths: false }, { Mounts: [{ Type: 'volume', Source: 'root', Target: '/x' }] })).toBe(403);
  expect(await statusOf({ hostPaths: false }, { VolumesFrom: ['db:ro'] })).toBe(403);
  expect(await statusOf({ hostPaths: false }, { VolumesFrom: ['deep'] })).toBe(403);
  expect(await statusOf({ otherElevated: false }, { Binds: ['share:/x'] })).toBe(403);
  expect(await statusOf({ hostPaths: false }, { Binds: ['plain:/x', 'new:/y'] })).toBe(200);
  expect(await statusOf({ hostPaths: false }, { VolumesFrom: ['web'] })).toBe(200);
  expect(await statusOf({ hostPaths: ['/etc'] }, { VolumesFrom: ['db'] })).toBe(200);
  expect(await statusOf({ hostPaths: false }, { VolumesFrom: ['gone'] })).toBe(404);
});

test('a container that others made with more rights than the server may give is not entered, and its files are not touched', async () => {
  const objects = {
    '/containers/root/json': { HostConfig: { Privileged: true }, Mounts: [] },
    '/containers/bound/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/', Destination: '/host' }] },
    '/containers/plain/json': { HostConfig: { Runtime: 'runc', MaskedPaths: ['/proc/kcore'], CgroupnsMode: 'host' }, Mounts: [] },
    '/volumes/etc': { Driver: 'local', Options: { type: 'none', o: 'bind', device: '/etc' } },
  };
  const policy = { privileged: false, hostPaths: false };
  const into = (name: string): Sent[] => [
    [`POST /containers/${name}/exec`, '{"Cmd":["sh"]}'],
    [`POST /containers/${name}/attach?stream=1&stdin=1`, ''],
    [`PUT /containers/${name}/archive?path=/host/etc`, '', 'application/x-tar'],
    [`GET /gantry/containers/${name}/files/content?path=/host/etc/shadow`, ''],
  ];

  for (const name of ['root', 'bound'])
    for (const sent of into(name)) expect([sent[0], (await send(policy, sent, objects)).status]).toEqual([sent[0], 403]);
  for (const sent of into('plain')) expect([sent[0], (await send(policy, sent, objects)).status]).toEqual([sent[0], 200]);
  expect((await send(policy, ['GET /gantry/volumes/etc/files?path=/', ''], objects)).status).toBe(403);
});

test('a directory that has become a link since the create is seen at the start', async () => {
  const { path } = opened.use(await temporaryDirectory());
  await symlink('/etc', join(path, 'data'));
  const objects = {
    '/containers/c1/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: join(path, 'data'), Destination: '/x' }] },
    '/containers/c2/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/opt/of-the-owner', Destination: '/x' }] },
  };

  expect(await send({ hostPaths: [path] }, ['POST /containers/c1/start'], objects)).toMatchObject({ status: 403, effects: [] });
  expect(await send({ hostPaths: [path] }, ['POST /containers/c1/restart'], objects)).toMatchObject({ status: 403, effects: [] });
  expect(await send({ hostPaths: [path] }, ['POST /containers/c2/start'], objects)).toMatchObject({ status: 200 });
});

test('what the engine restarts without being asked has directories of the list only, none below one: a link could come in their place', async () => {
  const { path } = opened.use(await temporaryDirectory());
  const [top, below] = [join(path, 'data'), join(path, 'data/a')];
  await mkdir(below, { recursive: true });
  const device = { type: 'none', o: 'bind', device: below };
  const objects = {
    '/volumes/bound': { Driver: 'local', Options: device },
    '/volumes/plain': { Driver: 'local', Options: null },
    '/containers/below/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: below, Destination: '/x' }] },
    '/containers/bound/json': { HostConfig: {}, Mounts: [{ Type: 'volume', Name: 'bound', Destination: '/x' }] },
    '/containers/top/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: top, Destination: '/x' }] },
    '/containers/others/json': { HostConfig: {}, Mounts: [{ Type: 'bind', Source: '/opt/of-the-owner', Destination: '/x' }] },
  };
  const policy = { hostPaths: [top] };
  const made = (host: object, Name: string) =>
    send(policy, ['POST /containers/create', JSON.stringify({ HostConfig: { ...host, RestartPolicy: { Name } } })], objects);
  const updated = (id: string, Name: string) =>
    send(policy, [`POST /containers/${id}/update`, JSON.stringify({ RestartPolicy: { Name } })], objects);
  const swappable = [
    { Binds: [`${below}:/x`] },
    { Binds: [`${below}/not-there-yet:/x`] },
    { Binds: ['bound:/x'] },
    { Mounts: [{ Type: 'bind', Source: below, Target: '/x' }] },
    { Mounts: [{ Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: { Options: device } } }] },
    { VolumesFrom: ['below'] },
  ];

  for (const host of swappable) {
    for (const name of ['always', 'unless-stopped', 'on-failure'])
      expect([host, await made(host, name)]).toMatchObject([host, { status: 403, effects: [] }]);
    for (const name of ['no', '']) expect([host, (await made(host, name)).status]).toEqual([host, 200]);
  }
  expect((await made({ Binds: [`${below}:/x`] }, 'always')).message).toBe(
    `the policy of this host forbids Binds ${below}:/x with RestartPolicy always: with a restart policy a directory must be in the list hostPaths itself, not below one that is`,
  );
  for (const host of [{ Binds: [`${top}:/x`] }, { Binds: [`${top}/:/x`, 'plain:/y'] }, { VolumesFrom: ['top'] }])
    expect([host, (await made(host, 'always')).status]).toEqual([host, 200]);

  for (const id of ['below', 'bound']) expect(await updated(id, 'always')).toMatchObject({ status: 403, effects: [] });
  expect((await updated('below', 'no')).status).toBe(200);
  for (const id of ['top', 'others']) expect((await updated(id, 'always')).status).toBe(200);
  const [all, nested] = [{ hostPaths: ['/'] }, { hostPaths: [top, below] }];
  const body = JSON.stringify({ HostConfig: { Binds: [`${below}:/x`], RestartPolicy: { Name: 'always' } } });
  expect((await send(all, ['POST /containers/create', body])).status).toBe(200);
  expect((await send(nested, ['POST /containers/create', body])).status).toBe(403);
});

test('a list of capabilities allows these in every spelling', async () => {
  const add = (...CapAdd: string[]): Sent => ['POST /containers/create', JSON.stringify({ HostConfig: { CapAdd } })];
  const policy = { capabilities: ['NET_ADMIN'] };

  expect((await send(policy, add('NET_ADMIN', 'cap_net_admin'))).status).toBe(200);
  expect(await send(policy, add('NET_ADMIN', 'SYS_ADMIN'))).toMatchObject({
    status: 403,
    message: 'the policy of this host forbids CapAdd SYS_ADMIN: not in the list capabilities of its policy.json',
  });
  expect((await send(policy, add('ALL'))).status).toBe(403);
});

test.each([
  '{"Image":"busybox"}',
  '{"HostConfig":{"Memory":1024,"Privileged":false,"Binds":["data:/data"],"NetworkMode":"bridge","PortBindings":{"80/tcp":[{"HostPort":"8080"}]}}}',
  '{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/t"}],"CapAdd":null,"IpcMode":""}}',
  '',
])('an ordinary container may be made under the narrowest policy: %s', async (body) => {
  const narrow = {
    elevatedContainers: false,
    privileged: false,
    hostPaths: false,
    hostNamespaces: false,
    devices: false,
    capabilities: false,
    otherElevated: false,
  };

  expect(await send(narrow, ['POST /containers/create', body])).toMatchObject({ status: 200, effects: [{}] });
});
