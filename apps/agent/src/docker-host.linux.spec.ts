import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  type Capabilities,
  dockerEngine,
  type EngineClient,
  engineClient,
  type FilePage,
  type ProbeResult,
  type Topology,
} from '@gantry/engine-api';
import { busyboxArchive, type Dockerd, startDockerd } from '@gantry/engine-api/testing';
import { openDrivenHost } from '@gantry/engine/driven';
import { type DockerHost, startDockerHost } from './testing/docker-host.ts';

const opened = closedAfterEach();
let dockerd: Dockerd;
let host: DockerHost;
let client: EngineClient;
beforeAll(async () => {
  dockerd = await startDockerd({ 'storage-driver': 'overlay2' });
  host = await startDockerHost(dockerd);
  client = host.client;
  await (await client.call('ImageLoad', { body: busyboxArchive() })).text();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await dockerd[Symbol.asyncDispose]();
});

type Body = Readonly<Record<string, unknown>>;

async function create(script: string, more: Body = {}, name?: string): Promise<string> {
  const body = { Image: 'busybox:latest', Cmd: ['sh', '-c', script], StopSignal: 'SIGKILL', ...more };
  const { Id } = await (await client.call('ContainerCreate', { body, query: { name } })).json<{ Id: string }>();
  opened.defer(async () => {
    await client.call('ContainerDelete', { path: { id: Id }, query: { force: true, v: true } });
  });
  return Id;
}

async function run(script: string, more: Body = {}, name?: string): Promise<string> {
  const id = await create(script, more, name);
  await client.call('ContainerStart', { path: { id } });
  return id;
}

async function network(name: string, more: Body = {}): Promise<string> {
  const { Id } = await (await client.call('NetworkCreate', { body: { Name: name, ...more } })).json<{ Id: string }>();
  opened.defer(async () => {
    await client.call('NetworkDelete', { path: { id: Id } });
  });
  return Id;
}

const topology = async (): Promise<Topology> => (await client.call('GantryTopology')).json<Topology>();
const probe = async (id: string, Host: string, Port: number): Promise<ProbeResult> =>
  (await client.call('GantryTopologyProbe', { body: { Container: id, Host, Port } })).json<ProbeResult>();
const names = async (path: { id: string }, directory: string): Promise<string[]> =>
  (await (await client.call('ContainerFileList', { path, query: { path: directory } })).json<FilePage>()).entries.map(({ name }) => name);
const text = async (path: { id: string }, file: string): Promise<string> =>
  (await client.call('ContainerFileContent', { path, query: { path: file } })).text();

test('the topology of a Docker has its links, networks, endpoints and ports, and whose they are', async () => {
  const front = await network('front', { IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.1' }] } });
  const web = await run(
    'httpd -f -p 80',
    {
      ...{ ExposedPorts: { '80/tcp': {} } },
      HostConfig: { NetworkMode: 'front', PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    },
    'web',
  );

  const { links, routes, networks, endpoints, ports } = await topology();

  const bridge = `br-${front.slice(0, 12)}`;
  expect(networks.find(({ id }) => id === front)).toEqual({
    ...{ id: front, name: 'front', driver: 'bridge', isInternal: false, link: bridge },
    subnets: [{ subnet: '10.77.0.0/24', gateway: '10.77.0.1' }],
  });
  expect(networks.find(({ name }) => name === 'bridge')?.link).toBe('docker0');
  expect(endpoints).toEqual([
    {
      ...{ container: web, containerName: 'web', networkId: front, network: 'front', device: 'eth0', isGateway: true },
      ...{ link: expect.stringMatching(/^veth/) as string, mac: expect.stringMatching(/^([0-9a-f]{2}:?){6}$/) as string },
      addresses: ['10.77.0.2/24'],
    },
  ]);
  expect(links.find(({ name }) => name === bridge)).toMatchObject({
    kind: 'bridge',
    isUp: true,
    networkId: front,
    addresses: expect.arrayContaining(['10.77.0.1/24']) as unknown,
  });
  expect(links.find(({ name }) => name === endpoints[0]?.link)).toMatchObject({
    kind: 'veth',
    master: bridge,
    container: web,
    networkId: front,
  });
  expect(routes).toContainEqual({ destination: '10.77.0.0/24', link: bridge });
  expect(ports).toEqual([{ protocol: 'tcp', address: '', hostPort: 8080, container: web, containerPort: 80, targets: ['10.77.0.2'] }]);

  await client.call('ContainerRestart', { path: { id: web }, query: { t: 0 } });
  const again = await topology();
  expect(again.links.find(({ name }) => name === again.endpoints[0]?.link)).toMatchObject({ kind: 'veth', container: web });
});

test('a probe goes from inside a container of Docker, by name or address, and says where the way ends', async () => {
  await network('front', { IPAM: { Config: [{ Subnet: '10.77.0.0/24' }] } });
  await network('apart', { IPAM: { Config: [{ Subnet: '10.78.0.0/24' }] } });
  const web = await run('httpd -f -p 80', { HostConfig: { NetworkMode: 'front' } }, 'web');
  const sleeping = (NetworkMode: string, name: string): Promise<string> =>
    run('sleep 1000', { HostConfig: { NetworkMode, ExtraHosts: ['listed:fd77::2', 'listed:10.77.0.2'] } }, name);
  const [near, far, alone] = [
    await sleeping('front', 'near'),
    await sleeping('apart', 'far'),
    await run('sleep 1000', { HostConfig: { NetworkMode: 'none' } }, 'alone'),
  ];
  const inHost = await run('sleep 1000', { HostConfig: { NetworkMode: 'host' } }, 'in-host');

  await eventually(async () =>
    expect(await probe(near, 'web', 80)).toMatchObject({ isReachable: true, address: '10.77.0.2', message: 'near reaches web:80' }),
  );
  // Of the addresses that a name has, one of a family that the container has, too.
  expect(await probe(near, 'listed', 80)).toMatchObject({ isReachable: true, address: '10.77.0.2' });
  expect(await probe(near, web.slice(0, 12), 81)).toMatchObject({
    failedAt: 'port',
    message: '10.77.0.2 is reached, and nothing listens at port 81',
  });
  expect(await probe(far, 'web', 80)).toMatchObject({ isReachable: false, failedAt: 'name' });
  expect(await probe(far, '10.77.0.2', 80)).toMatchObject({
    failedAt: 'firewall',
    message: '10.77.0.2 is in network front, and the container is not: networks are apart from each other',
  });
  expect(await probe(alone, 'localhost.example', 80)).toMatchObject({
    failedAt: 'name',
    message: expect.stringContaining('in no network') as string,
  });
  expect(await probe(alone, '10.77.0.2', 80)).toMatchObject({ failedAt: 'route' });
  await expect(probe(inHost, 'web', 80)).rejects.toMatchObject({ details: { status: 409 } });
  await expect(probe(near, 'web', 0)).rejects.toThrow('invalid port: 0');
  await expect(probe('nobody', 'web', 80)).rejects.toMatchObject({ details: { status: 404 } });
});

describe.each(['running', 'stopped'] as const)('files of a %s container', (state) => {
  const container = (more: Body = {}): Promise<string> => (state === 'running' ? run('sleep 1000', more) : create('true', more));

  test('are written, listed, read, moved, changed and removed', async () => {
    const path = { id: await container({ HostConfig: { Binds: ['data:/srv/data'] } }) };
    await client.call('ContainerFileMakeDirectory', { path, query: { path: '/new/deep', parents: true, mode: '750', uid: 5 } });
    await client.call('ContainerFileWrite', { path, query: { path: '/new/deep/file', mode: '640' }, body: Buffer.from('content') });
    await client.call('ContainerFileMove', { path, query: { from: '/new/deep/file', to: '/new/moved' } });
    const changed = await client.call('ContainerFileChange', { path, query: { path: '/new/moved', mode: '4711', uid: 7, gid: 8 } });
    await client.call('ContainerFileWrite', { path, query: { path: '/srv/data/kept' }, body: Buffer.from('in the volume') });

    expect(await changed.json()).toMatchObject({ name: 'moved', mode: 0o4711, uid: 7, gid: 8, sizeBytes: 7 });
    expect([await names(path, '/new'), await text(path, '/new/moved'), await text(path, '/srv/data/kept')]).toEqual([
      ['deep', 'moved'],
      'content',
      'in the volume',
    ]);
    const archive = Buffer.concat(
      await Array.fromAsync((await client.call('ContainerFileArchive', { path, query: { path: '/new' } })).bytes),
    );
    await client.call('ContainerFileMakeDirectory', { path, query: { path: '/copy' } });
    await client.call('ContainerFileExtract', { path, query: { path: '/copy' }, body: archive });
    expect(await text(path, '/copy/new/moved')).toBe('content');
    await client.call('ContainerFileRemove', { path, query: { path: '/new', recursive: true } });
    expect(await names(path, '/')).not.toContain('new');
    await expect(text(path, '/new/moved')).rejects.toMatchObject({
      message: expect.stringContaining('no such file') as string,
      details: { status: 404 },
    });
    expect(await names(path, '/')).toContain('bin');
    const changes = (await (await client.call('ContainerChanges', { path })).json<{ Path: string }[] | null>()) ?? [];
    expect(changes.map(({ Path }) => Path)).toEqual(expect.arrayContaining(['/copy/new/moved']));

    const inVolume = await client.call('VolumeFileContent', { path: { name: 'data' }, query: { path: '/kept' } });
    expect(await inVolume.text()).toBe('in the volume');
    if (state === 'stopped') {
      // What was written is what it starts with, and nothing of ours is left beside its layers.
      await client.call('ContainerStart', { path });
      const { GraphDriver } = await (
        await client.call('ContainerInspect', { path })
      ).json<{ GraphDriver: { Data: { UpperDir: string } } }>();
      expect(readdirSync(dirname(GraphDriver.Data.UpperDir)).filter((name) => name.startsWith('gantry-'))).toEqual([]);
    }
  });

  test('lie apart from paths of the host, which only who asks for them reaches', async () => {
    const outside = mkdtempSync(join(dirname(dockerd.socketPath), 'outside-'));
    writeFileSync(join(outside, 'secret'), 'of the host');
    const path = { id: await container({ HostConfig: { Binds: [`${outside}:/srv/host`] } }) };
    const refused = { details: { status: 403 } };

    await expect(text(path, '/srv/host/secret')).rejects.toMatchObject(refused);
    await expect(
      client.call('ContainerFileWrite', { path, query: { path: '/srv/host/new' }, body: Buffer.from('x') }),
    ).rejects.toMatchObject(refused);
    await expect(client.call('ContainerFileArchive', { path, query: { path: '/srv/host' } })).rejects.toMatchObject(refused);
    await expect(host.person.call('ContainerArchive', { path, query: { path: '/srv/host/secret' } })).rejects.toMatchObject(refused);
    expect(await (await host.person.call('ContainerArchive', { path, query: { path: '/bin/true' } })).text()).not.toBe('');
    const asked = await client.call('ContainerFileContent', { path, query: { path: '/srv/host/secret', hostBinds: true } });
    expect(await asked.text()).toBe('of the host');
    expect(await (await client.call('ContainerArchive', { path, query: { path: '/srv/host/secret' } })).text()).toContain('of the host');
    expect(readdirSync(outside)).toEqual(['secret']);
  });
});

test('links of a running container lead nowhere outside, and what it mounts in memory is seen', async () => {
  const outside = mkdtempSync(join(dirname(dockerd.socketPath), 'outside-'));
  writeFileSync(join(outside, 'secret'), 'of the host');
  const script = `ln -s ${outside}/secret /abs; ln -s /proc/1/root/etc/passwd /magic; echo memory >/mem/file; touch /ready; sleep 1000`;
  const path = { id: await run(script, { HostConfig: { Tmpfs: { '/mem': '' } } }) };
  await eventually(async () => expect(await names(path, '/')).toContain('ready'));

  await expect(text(path, '/abs')).rejects.toMatchObject({ details: { status: 404 } });
  await expect(text(path, '/magic')).rejects.toMatchObject({ details: { status: 404 } });
  expect([await text(path, '/mem/file'), await names(path, '/proc')]).toEqual(['memory\n', []]);
  expect(await text(path, '/etc/hostname')).toBe(`${path.id.slice(0, 12)}\n`);
});

test('a volume whose driver or options keep its files elsewhere says so', async () => {
  const outside = join(dirname(dockerd.socketPath), 'device');
  mkdirSync(outside, { recursive: true });
  writeFileSync(join(outside, 'secret'), 'of the host');
  await client.call('VolumeCreate', { body: { Name: 'device', DriverOpts: { type: 'none', o: 'bind', device: outside } } });
  const list = (hostBinds: boolean): Promise<unknown> =>
    client.call('VolumeFileList', { path: { name: 'device' }, query: { path: '/', hostBinds } });

  await expect(list(false)).rejects.toMatchObject({ details: { status: 403 } });
  await expect(list(true)).rejects.toMatchObject({
    message: 'volume device is mounted only while a container uses it, and none does',
    details: { status: 501 },
  });
  const id = await run('sleep 1000', { HostConfig: { Binds: ['device:/device'] } });
  expect(await list(true)).toBeDefined();
  await expect(client.call('ContainerFileList', { path: { id }, query: { path: '/device' } })).rejects.toMatchObject({
    details: { status: 403 },
  });
  await expect(client.call('VolumeFileList', { path: { name: 'none' }, query: { path: '/' } })).rejects.toMatchObject({
    details: { status: 404 },
  });
});

test('what can be done is told, and an engine whose processes are not here gives no files', async () => {
  const told = await (await client.call('GantryCapabilities')).json<Capabilities>();
  expect(told).toMatchObject({
    engine: 'docker',
    features: expect.arrayContaining(['files', 'stopped-files', 'volume-files', 'topology', 'probe']) as unknown,
  });
  const id = await run('sleep 1000');

  // Outside of the namespaces of this dockerd its processes have other numbers.
  const docker = opened.use(dockerEngine({ socketPath: dockerd.socketPath }));
  const outside = engineClient(opened.use(openDrivenHost({ engine: docker })));
  await expect(outside.call('ContainerFileList', { path: { id }, query: { path: '/' } })).rejects.toMatchObject({
    message: expect.stringContaining('is no process of this host') as string,
    details: { status: 501 },
  });
  await expect(outside.call('GantryTopologyProbe', { body: { Container: id, Host: '10.0.0.1', Port: 1 } })).rejects.toMatchObject({
    details: { status: 501 },
  });
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('gantry-work');
});
