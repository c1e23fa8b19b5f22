import { closedAfterEach, eventually } from '@gantry/base/testing';
import type { Capabilities, FilePage, ProbeResult, Topology } from '@gantry/engine-api';
import { busyboxArchive, type Podman, startPodman } from '@gantry/engine-api/testing';
import { type DockerHost, startDockerHost } from './testing/docker-host.ts';

const opened = closedAfterEach();
let podman: Podman;
let host: DockerHost;
beforeAll(async () => {
  podman = await startPodman();
  host = await startDockerHost(podman);
  await (await host.client.call('ImageLoad', { body: busyboxArchive() })).text();
}, 120_000);
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await podman[Symbol.asyncDispose]();
});

async function create(name: string, Cmd: readonly string[], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const HostConfig = { CgroupParent: podman.cgroupParent, ...more };
  const body = { Image: 'localhost/busybox:latest', Cmd, HostConfig };
  const { Id } = await (await host.client.call('ContainerCreate', { body, query: { name } })).json<{ Id: string }>();
  opened.defer(async () => {
    await host.client.call('ContainerDelete', { path: { id: Id }, query: { force: true } });
  });
  return Id;
}

async function run(name: string, Cmd: readonly string[]): Promise<string> {
  const id = await create(name, Cmd);
  await host.client.call('ContainerStart', { path: { id } });
  return id;
}

test('the topology of a Podman has its bridge, its containers and their cables, and a probe goes from inside', async () => {
  const web = await run('web', ['httpd', '-f', '-p', '80']);
  const near = await run('near', ['sleep', '1000']);

  const { links, networks, endpoints } = await (await host.client.call('GantryTopology')).json<Topology>();

  const own = endpoints.find(({ container }) => container === web);
  expect(own).toMatchObject({ containerName: 'web', network: 'podman', device: 'eth0', isGateway: true });
  const network = networks.find(({ id }) => id === own?.networkId);
  expect(network?.id).toMatch(/^[0-9a-f]{64}$/);
  const bridge = network?.link;
  expect(links.find(({ name }) => name === own?.link)).toMatchObject({ kind: 'veth', master: bridge, container: web });
  expect(links.find(({ name }) => name === bridge)).toMatchObject({ kind: 'bridge', isUp: true });
  const address = own?.addresses[0]?.split('/')[0] ?? '';
  const probe = async (port: number): Promise<ProbeResult> =>
    (await host.client.call('GantryTopologyProbe', { body: { Container: near, Host: address, Port: port } })).json<ProbeResult>();
  await eventually(async () => expect(await probe(80)).toMatchObject({ isReachable: true }));
  expect(await probe(81)).toMatchObject({ failedAt: 'port' });
});

test('files of a container of Podman are there while it runs, and those of its volumes always', async () => {
  const path = { id: await run('files', ['sleep', '1000']) };
  await host.client.call('ContainerFileWrite', { path, query: { path: '/written' }, body: Buffer.from('content') });
  expect(await (await host.client.call('ContainerFileContent', { path, query: { path: '/written' } })).text()).toBe('content');

  const stopped = { id: await create('stopped', ['true']) };
  await expect(host.client.call('ContainerFileList', { path: stopped, query: { path: '/' } })).rejects.toMatchObject({
    message: expect.stringContaining('driver overlay') as string,
    details: { status: 501 },
  });
  await host.client.call('VolumeCreate', { body: { Name: 'data' } });
  await host.client.call('VolumeFileWrite', { path: { name: 'data' }, query: { path: '/x' }, body: Buffer.from('x') });
  const listed = await host.client.call('VolumeFileList', { path: { name: 'data' }, query: { path: '/' } });
  expect((await listed.json<FilePage>()).entries.map(({ name }) => name)).toEqual(['x']);
  expect(await (await host.client.call('GantryCapabilities')).json<Capabilities>()).toMatchObject({
    features: expect.arrayContaining(['files', 'volume-files', 'topology', 'probe']) as unknown,
    missing: { 'stopped-files': expect.stringContaining('overlay') as string },
  });
});
