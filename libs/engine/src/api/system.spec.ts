import { ApiVersion, type EngineRequest, routed } from '@gantry/engine-api';
import { checkAnswer } from '@gantry/engine-api/testing';
import { serverName, systemHandlers, type SystemSource } from './system.ts';

const versions = { oldest: ApiVersion.oldest, newest: ApiVersion.newest };
const system: SystemSource = {
  versions,
  facts: {
    id: 'a-host',
    dataRoot: '/var/lib/gantry/engine',
    startedAt: new Date(0),
    cgroup: 'hybrid',
    runtime: { name: 'crun', path: '/usr/bin/crun', version: '1.8.1' },
    backingFileSystem: 'extfs',
    initProgram: 'tini',
    runtimes: [['crun', '/usr/bin/crun']],
    defaultRuntime: 'crun',
    cdiSpecDirectories: ['/etc/cdi'],
    monitor: { name: 'conmon', version: '2.1.6' },
    hasUserNamespaces: false,
    hasSeccomp: true,
    hasAppArmor: false,
    defaultLogDriver: 'json-file',
    registryMirrors: ['https://mirror.example'],
    insecureRegistries: ['10.0.0.0/8', 'registry.example:5000'],
    addressPools: [{ base: '172.17.0.0/12', size: 16 }],
    labels: [],
    warnings: [],
  },
  capabilities: { engine: 'native', version: '0', cgroup: 'hybrid', features: ['seccomp'], missing: {} },
  counts: () => Promise.resolve({ running: 1, paused: 2, stopped: 3, images: 4 }),
  diskUsage: () => Promise.resolve({ layersSizeBytes: 7, images: [], containers: [], volumes: [] }),
  login: ({ username }) => Promise.resolve({ identityToken: `token of ${username}` }),
};

async function ask(line: string, body = ''): Promise<{ status: number; value: unknown }> {
  const [method = '', target = ''] = line.split(' ');
  const bytes = async function* () {
    if (body !== '') yield await Promise.resolve(Buffer.from(body));
  };
  const response = await routed(systemHandlers(system), { server: serverName, versions })({
    method: method as EngineRequest['method'],
    target,
    headers: new Map([['content-type', 'application/json']]),
    upgrade: 'none',
    body: bytes(),
    caller: { kind: 'gantry', part: 'test' },
    signal: new AbortController().signal,
  });
  if (response.kind === 'hijacked' || !(response.body instanceof Uint8Array)) throw new Error('not a whole answer');
  const answer = new TextDecoder().decode(response.body);
  return {
    status: response.status,
    value: response.headers.get('content-type') === 'application/json' ? (JSON.parse(answer) as unknown) : answer,
  };
}

test('version and information are of the published types', async () => {
  checkAnswer('SystemVersion', (await ask('GET /version')).value);
  checkAnswer('SystemInfo', (await ask('GET /info')).value);
  checkAnswer('SystemInfo', (await ask('GET /v1.24/info')).value);
});

test('information counts the containers and names the registries', async () => {
  expect((await ask('GET /info')).value).toMatchObject({
    Containers: 6,
    ContainersRunning: 1,
    Images: 4,
    RegistryConfig: { InsecureRegistryCIDRs: ['127.0.0.0/8', '10.0.0.0/8'], Mirrors: ['https://mirror.example'] },
  });
});

test('information for an old client has what was retired since', async () => {
  expect((await ask('GET /v1.41/info')).value).toMatchObject({
    KernelMemory: true,
    BridgeNfIptables: true,
    RuncCommit: { ID: '1.8.1', Expected: '1.8.1' },
  });
  expect((await ask('GET /v1.51/info')).value).not.toHaveProperty('KernelMemory');
});

test('disk usage measures what is asked for', async () => {
  expect(await ask('GET /system/df?type=image')).toEqual({ status: 200, value: { LayersSize: 7, Images: [] } });
  expect(await ask('GET /v1.41/system/df?type=image')).toMatchObject({ value: { Volumes: [], BuildCache: [], BuilderSize: 0 } });
  expect(await ask('GET /system/df?type=moon')).toEqual({ status: 400, value: { message: 'unknown object type: moon' } });
});

test('a login that the registry accepts says so', async () => {
  const { value } = await ask('POST /auth', '{"username":"ada","password":"x","serveraddress":"registry.example"}');

  expect(value).toEqual({ Status: 'Login Succeeded', IdentityToken: 'token of ada' });
});

test('capabilities are told', async () => {
  expect(await ask('GET /gantry/capabilities')).toMatchObject({ status: 200, value: { engine: 'native', features: ['seccomp'] } });
});
