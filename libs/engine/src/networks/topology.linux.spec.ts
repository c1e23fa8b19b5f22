import { closedAfterEach } from '@gantry/base/testing';
import type { PublishedPort } from './sandboxes.ts';
import { NetworkWorld } from './testing/network-world.ts';

const opened = closedAfterEach();
const { signal } = new AbortController();
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
const ports: readonly PublishedPort[] = [{ hostPort: 8080, containerPort: 80, address: '', protocol: 'tcp' }];
const front = {
  name: 'front',
  driver: 'bridge',
  isInternal: false,
  isAttachable: false,
  hasIpv6: false,
  pools: [],
  labels: {},
  options: {},
};

async function worldWithWeb() {
  const world = opened.use(await NetworkWorld.open());
  await world.networks.create(front);
  const web = await world.networks.join(
    world.request('web', { networkMode: 'front', ports, networks: { bridge: { aliases: [] } } }),
    signal,
  );
  await world.serve(pinOf(web), { name: 'web', port: 80 });
  return { world, web };
}

test('the topology tells of links, addresses, routes, endpoints and ports, and how they belong together', async () => {
  const { world, web } = await worldWithWeb();
  const network = world.networks.find('front');

  const { links, routes, networks, endpoints, ports: published } = await world.networks.topology(signal);

  expect(links.find(({ name }) => name === network.bridge)).toMatchObject({
    kind: 'bridge',
    isUp: true,
    addresses: expect.arrayContaining(['172.18.0.1/16']) as unknown,
  });
  expect(routes).toContainEqual({ destination: '172.18.0.0/16', gateway: undefined, link: network.bridge });
  expect(networks.find(({ name }) => name === 'front')).toMatchObject({ link: network.bridge, subnets: [{ subnet: '172.18.0.0/16' }] });
  const [inFront, inBridge] = endpoints;
  expect(inFront).toMatchObject({ containerName: 'web', network: 'front', device: 'eth0', addresses: ['172.18.0.2/16'], isGateway: false });
  expect(inBridge).toMatchObject({ network: 'bridge', device: 'eth1', mac: web.endpoints[1]?.macAddress, isGateway: true });
  expect(links.find(({ name }) => name === inFront?.link)).toMatchObject({ kind: 'veth', master: network.bridge });
  const { container } = world.request('web');
  expect(endpoints.map((endpoint) => [endpoint.container, endpoint.networkId])).toEqual([
    [container, network.id],
    [container, world.networks.find('bridge').id],
  ]);
  expect(links.find(({ name }) => name === network.bridge)).toMatchObject({ networkId: network.id });
  expect(links.find(({ name }) => name === inFront?.link)).toMatchObject({ container, networkId: network.id });
  expect(published).toEqual([
    { protocol: 'tcp', address: '', hostPort: 8080, container: world.request('web').container, containerPort: 80, targets: ['172.17.0.2'] },
  ]);
});

test('rates are those since the last question', async () => {
  const { world, web } = await worldWithWeb();
  const { link } = (await world.networks.topology(signal)).endpoints[1] ?? {};
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let round = 0; round < 5; round++) await world.fetch(world.base, `${web.endpoints[1]?.ipv4?.address ?? ''}:80`);

  const { links, intervalMs } = await world.networks.topology(signal);

  const found = links.find(({ name }) => name === link);
  expect(found?.rates.sentPackets).toBeGreaterThan(0);
  expect(found?.rates.receivedBytes).toBeGreaterThan(0);
  expect((found?.rates.sentBytes ?? 0) * intervalMs).toBeLessThanOrEqual((found?.totals.sentBytes ?? 0) * 1100);
});

test('a probe tells that a container reaches a port, by name or address, or where the way ends', async () => {
  const { world, web } = await worldWithWeb();
  const { networks } = world;
  await networks.create({ ...front, name: 'apart' });
  await networks.create({ ...front, name: 'inner', isInternal: true });
  const join = (name: string, networkMode: string) => networks.join(world.request(name, { networkMode, dns: ['127.0.0.9#1'] }), signal);
  await join('client', 'front');
  await join('stranger', 'apart');
  await join('hidden', 'inner');
  const probe = (from: string, host: string, port: number) =>
    networks.probe({ container: world.request(from).container, host, port }, signal);
  const address = web.endpoints[0]?.ipv4?.address ?? '';

  expect(await probe('client', 'web', 80)).toMatchObject({ isReachable: true, address, message: 'client reaches web:80' });
  expect(await probe('client', 'web', 81)).toMatchObject({
    isReachable: false,
    failedAt: 'port',
    message: `${address} is reached, and nothing listens at port 81`,
  });
  expect(await probe('client', 'nobody', 80)).toMatchObject({ isReachable: false, failedAt: 'name' });
  expect(await probe('hidden', 'nobody', 80)).toMatchObject({
    failedAt: 'name',
    message: expect.stringContaining('internal networks only') as unknown,
  });
  expect(await probe('hidden', address, 80)).toMatchObject({ failedAt: 'route', message: `the container has no route to ${address}` });
  expect(await probe('stranger', address, 80)).toMatchObject({
    failedAt: 'firewall',
    message: `${address} is in network front, and the container is not: networks are apart from each other`,
  });
  expect(await probe('client', '10.99.0.77', 80)).toMatchObject({ isReachable: false, failedAt: 'host' });
  await world.kernel.changeLink(networks.find('front').bridge, { isUp: false });
  expect(await probe('client', 'web', 80)).toMatchObject({
    failedAt: 'link',
    message: `the link ${networks.find('front').bridge} of network front is down`,
  });
  await expect(probe('none-such', 'web', 80)).rejects.toMatchObject({ code: 'conflict' });
});

test('a probe of a container without a network asks nobody for a name', async () => {
  const { world } = await worldWithWeb();
  const { networks } = world;
  // The host could tell it: it stands in its own list of hosts that the servers of the host know.
  await networks.join(world.request('alone', { networkMode: 'none', dns: ['127.0.0.9#1'] }), signal);

  const answer = await networks.probe({ container: world.request('alone').container, host: 'example.org', port: 80 }, signal);

  expect(answer).toMatchObject({ failedAt: 'name', message: 'no address for the name example.org: the container is in no network' });
});

test('a probe of a container with IPv6 alone goes by IPv6', async () => {
  const { world } = await worldWithWeb();
  const { networks } = world;
  await networks.create({ ...front, name: 'six', hasIpv4: false, hasIpv6: true });
  for (const name of ['one', 'two']) await networks.join(world.request(name, { networkMode: 'six' }), signal);

  const answer = await networks.probe({ container: world.request('one').container, host: 'two', port: 81 }, signal);

  expect(answer).toMatchObject({ failedAt: 'port', address: expect.stringContaining(':') as unknown });
});
