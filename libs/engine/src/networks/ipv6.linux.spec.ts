import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closedAfterEach } from '@gantry/base/testing';
import { openKernel } from '@gantry/linux';
import type { ContainerId } from '../ids.ts';
import { HostPorts } from './host-ports.ts';
import type { PublishedPort } from './sandboxes.ts';
import { NetworkWorld, type WorldOptions } from './testing/network-world.ts';

const opened = closedAfterEach();
const worldOf = async (options?: WorldOptions) => opened.use(await NetworkWorld.open(options));
const signal = new AbortController().signal;
const port = (hostPort: number, containerPort: number, address = ''): PublishedPort => ({
  hostPort,
  containerPort,
  address,
  protocol: 'tcp',
});
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
const six = {
  name: 'six',
  driver: 'bridge',
  isInternal: false,
  isAttachable: false,
  hasIpv6: true,
  pools: [{ subnet: 'fd70::/64', reserved: {} }],
  labels: {},
  options: {},
};

test('a container with IPv6 reaches the world under the address of the host, and is reached at its published port with the address of its client', async () => {
  const world = await worldOf();
  const { networks } = world;
  await networks.create(six);
  await networks.create({ ...six, name: 'apart', pools: [{ subnet: 'fd71::/64', reserved: {} }] });
  const web = await networks.join(world.request('web', { networkMode: 'six', ports: [port(8080, 80)] }), signal);
  const neighbour = await networks.join(world.request('neighbour', { networkMode: 'six' }), signal);
  const stranger = await networks.join(world.request('stranger', { networkMode: 'apart' }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });
  await world.serve(world.outside, { name: 'outside', port: 81 });

  expect(await world.fetch(pinOf(web), 'fd99::2:81')).toBe('outside fd99::1');
  expect(await world.fetch(world.outside, 'fd99::1:8080')).toBe('web fd99::2');
  expect(await world.fetch(world.base, 'fd99::1:8080')).toMatch(/^web /);
  for (const pin of [pinOf(neighbour), pinOf(stranger), pinOf(web)]) expect(await world.fetch(pin, 'fd99::1:8080')).toMatch(/^web /);
  expect(await world.fetch(pinOf(neighbour), 'fd70::2:80')).toBe('web fd70::3');
  await expect(world.fetch(pinOf(stranger), 'fd70::2:80', 1)).rejects.toThrow();
  await expect(world.fetch(world.outside, 'fd70::2:80', 1)).rejects.toThrow();
  expect(world.reports).toEqual([]);
});

test('a port of one address of a family answers there only, and both families may have the same port', async () => {
  const world = await worldOf();
  await world.networks.create(six);
  const ports = [port(8080, 80, '0.0.0.0'), port(8080, 81, '::'), port(8082, 80, 'fd99::1')];
  const web = await world.networks.join(world.request('web', { networkMode: 'six', ports }), signal);
  await world.serve(pinOf(web), { name: 'four', port: 80 });
  await world.serve(pinOf(web), { name: 'six', port: 81 });

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('four 10.99.0.2');
  expect(await world.fetch(world.outside, 'fd99::1:8080')).toBe('six fd99::2');
  expect(await world.fetch(world.outside, 'fd99::1:8082')).toBe('four fd99::2');
  await expect(world.fetch(world.outside, '10.99.0.1:8082', 1)).rejects.toThrow();
  await expect(world.networks.join(world.request('other', { ports: [port(8080, 80, '::')] }), signal)).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a running container without IPv6 joins a network that has it', async () => {
  const world = await worldOf();
  const network = await world.networks.create(six);
  const web = await world.networks.join(world.request('web'), signal);
  const other = await world.networks.join(world.request('other', { networkMode: 'six' }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  const { endpoints } = await world.networks.connect(world.request('web'), network, { aliases: [] });

  expect(await world.fetch(pinOf(other), `${endpoints[1]?.ipv6?.address ?? ''}:80`)).toMatch(/^web fd70::/);
});

test('a network that asks for IPv6 alone gets a subnet of it, another for each', async () => {
  const world = await worldOf();
  const names = ['one', 'two'];

  for (const name of names) await world.networks.create({ ...six, name, pools: [] });

  const subnets = names.map((name) => world.networks.find(name).pools[1]?.subnet ?? '');
  for (const subnet of subnets) expect(subnet).toMatch(/^fd[0-9a-f:]+\/64$/);
  expect(new Set(subnets).size).toBe(2);
});

test('the default bridge has IPv6 where the configuration says so', async () => {
  const world = await worldOf({ config: { hasIpv6: true, fixedCidrV6: 'fd72::/64' } });
  await world.serve(world.outside, { name: 'outside', port: 81 });

  const sandbox = await world.networks.join(world.request('web'), signal);

  expect(sandbox.endpoints[0]?.ipv6).toEqual({ address: 'fd72::2', prefixLength: 64, gateway: 'fd72::1' });
  expect(await world.fetch(pinOf(sandbox), 'fd99::2:81')).toBe('outside fd99::1');
});

test('a network without IPv4 gives IPv6 addresses alone: names, ports, the world and a restart work', async () => {
  const world = await worldOf();
  const network = await world.networks.create({ ...six, hasIpv4: false });
  const request = world.request('web', { networkMode: 'six', ports: [port(8080, 80)], dns: ['127.0.0.9#1'] });
  const web = await world.networks.join(request, signal);
  const other = await world.networks.join(world.request('other', { networkMode: 'six', dns: ['127.0.0.9#1'] }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });
  await world.serve(world.outside, { name: 'outside', port: 81 });
  const isWhole = async (): Promise<void> => {
    expect((await world.inside(pinOf(other), ['busybox', 'nslookup', 'web', '127.0.0.11'])).stdout).toContain('fd70::2');
    expect(await world.fetch(world.outside, 'fd99::1:8080')).toBe('web fd99::2');
    expect(await world.fetch(world.base, 'fd99::1:8080')).toMatch(/^web /);
    expect(await world.fetch(pinOf(web), 'fd99::2:81')).toBe('outside fd99::1');
    expect(await world.fetch(pinOf(other), 'fd70::2:80')).toBe('web fd70::3');
  };

  expect(network.pools.map(({ subnet }) => subnet)).toEqual(['fd70::/64']);
  expect(web.endpoints).toEqual([
    expect.objectContaining({
      macAddress: expect.stringMatching(/^02:42:/) as unknown,
      ipv6: { address: 'fd70::2', prefixLength: 64, gateway: 'fd70::1' },
    }),
  ]);
  expect(web.endpoints[0]).not.toHaveProperty('ipv4');
  expect(web.files.hosts).toMatch(/\nfd70::2\tweb\n$/);
  expect(web.files.resolvConf).toContain('nameserver 127.0.0.11');
  await isWhole();

  await world.networks[Symbol.asyncDispose]();
  const again = await world.start();
  await again.adopt(request, web);
  await again.adopt(world.request('other', { networkMode: 'six' }), other);
  await again.dropLeftovers(new Set([request.container, world.request('other').container]));
  await isWhole();
  expect(world.reports).toEqual([]);
});

test('each family goes out by the first network that has it, when one comes and when it goes', async () => {
  const world = await worldOf();
  const network = await world.networks.create({ ...six, hasIpv4: false });
  const routes = async (pin: string) =>
    (await world.kernel.listRoutes(pin)).filter(({ prefixLength }) => prefixLength === 0).map(({ gateway }) => gateway);
  const web = await world.networks.join(world.request('web', { ports: [port(8080, 80)] }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });
  await world.serve(world.outside, { name: 'outside', port: 81 });

  await world.networks.connect(world.request('web'), network, { aliases: [] });
  expect(await routes(pinOf(web))).toEqual(['172.17.0.1', 'fd70::1']);
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  expect(await world.fetch(world.outside, 'fd99::1:8080')).toBe('web fd99::2');
  expect(await world.fetch(pinOf(web), 'fd99::2:81')).toBe('outside fd99::1');
  await world.networks.disconnect(world.request('web'), world.networks.find('bridge'));
  expect(await routes(pinOf(web))).toEqual(['fd70::1']);
  expect(await world.fetch(world.outside, 'fd99::1:8080')).toBe('web fd99::2');
});

test('an address of a family that the network has not is refused', async () => {
  const world = await worldOf();
  await world.networks.create({ ...six, hasIpv4: false, pools: [...six.pools, { subnet: '10.70.0.0/24', reserved: {} }] });
  const networks = { six: { aliases: [], ipv4Address: '10.70.0.9' } };

  await expect(world.networks.join(world.request('web', { networkMode: 'six', networks }), signal)).rejects.toThrow(
    'no configured subnet contains IP address 10.70.0.9',
  );
});

test('an udp port is reached over IPv6 too, where the container has none', async () => {
  const kernel = opened.use(await openKernel());
  const bound = async (address: string) => {
    const { descriptor } = await kernel.openSocket({ protocol: 'udp', address, port: 0 });
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => socket.bind({ fd: descriptor }, resolve));
    opened.defer(() => void socket.close());
    return socket;
  };
  const container = await bound('127.0.0.1');
  container.on('message', (message, from) => container.send(`${String(message)} heard`, from.port, from.address));
  const published: PublishedPort = { hostPort: 0, containerPort: container.address().port, address: '', protocol: 'udp' };
  const owner = { container: 'c' as ContainerId, name: 'web', endpointId: 'e' };
  const lease = await opened.use(new HostPorts(kernel)).take([published], owner, () => '127.0.0.1');
  opened.defer(() => lease[Symbol.asyncDispose]());
  const clients = [await bound('::1'), await bound('::1')];

  const answers = clients.map(async (client, index) => {
    const answer = once(client, 'message', { signal: AbortSignal.timeout(2000) });
    client.send(`client ${index}`, lease.ports[0]?.hostPort ?? 0, '::1');
    return String(((await answer) as [Buffer])[0]);
  });

  expect(await Promise.all(answers)).toEqual(['client 0 heard', 'client 1 heard']);
});
