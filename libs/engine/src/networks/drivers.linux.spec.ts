import { closedAfterEach } from '@gantry/base/testing';
import type { NetworkRequest } from './network-request.ts';
import type { PublishedPort } from './sandboxes.ts';
import { NetworkWorld, type WorldOptions } from './testing/network-world.ts';

const opened = closedAfterEach();
const signal = new AbortController().signal;
const worldOf = async (options?: WorldOptions) => opened.use(await NetworkWorld.open(options));
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
const shape = { isInternal: false, isAttachable: false, hasIpv6: false, labels: {} };
const pool = (subnet: string, more: object = {}) => ({ subnet, reserved: {}, ...more });
const lan: NetworkRequest = {
  ...shape,
  name: 'lan',
  driver: 'macvlan',
  options: { parent: 'out0' },
  pools: [pool('10.99.0.0/24', { range: '10.99.0.64/26', gateway: '10.99.0.2' })],
};

test.each([[[]], [['ip'] as const]])(
  'a container in a macvlan network is on the network of the host, with an address there (by %j)',
  async (byPrograms) => {
    const world = await worldOf({ byPrograms });
    await world.networks.create(lan);
    const web = await world.networks.join(world.request('web', { networkMode: 'lan' }), signal);
    const other = await world.networks.join(world.request('other', { networkMode: 'lan' }), signal);
    await world.serve(pinOf(web), { name: 'web', port: 80 });
    await world.serve(world.outside, { name: 'outside', port: 81 });

    expect(web.endpoints[0]?.ipv4).toEqual({ address: '10.99.0.64', prefixLength: 24, gateway: '10.99.0.2' });
    expect(await world.fetch(pinOf(web), '10.99.0.2:81')).toBe('outside 10.99.0.64');
    expect(await world.fetch(world.outside, '10.99.0.64:80')).toBe('web 10.99.0.2');
    expect(await world.fetch(pinOf(other), '10.99.0.64:80')).toBe('web 10.99.0.65');
    expect((await world.inside(pinOf(other), ['busybox', 'nslookup', 'web', '127.0.0.11'])).stdout).toContain('10.99.0.64');
    expect((await world.kernel.listRoutes(pinOf(web))).find(({ prefixLength }) => prefixLength === 0)?.gateway).toBe('10.99.0.2');
    expect(world.reports).toEqual([]);
  },
);

test('a container comes to and leaves a macvlan network while it runs; its ports stay on the bridge', async () => {
  const world = await worldOf();
  const network = await world.networks.create({ ...lan, name: 'a-lan' });
  const ports: PublishedPort[] = [{ hostPort: 8080, containerPort: 80, address: '', protocol: 'tcp' }];
  const web = await world.networks.join(world.request('web', { ports }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  await world.networks.connect(world.request('web'), network, { aliases: [] });
  expect(await world.fetch(world.outside, '10.99.0.64:80')).toBe('web 10.99.0.2');
  expect(await world.kernel.runNft(`list map ip gantry_${world.instance} ports`)).toContain('172.17.0.2');
  await world.networks.disconnect(world.request('web'), network);

  expect((await world.kernel.listLinks(pinOf(web))).map(({ name }) => name)).toEqual(['lo', 'eth0']);
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  await world.networks.remove('a-lan');
});

test('a container in a macvlan network without addresses has a link and nothing else, and keeps it over a restart', async () => {
  const world = await worldOf();
  await world.networks.create({ ...lan, hasIpv4: false, pools: [] });
  const request = world.request('web', { networkMode: 'lan' });
  const web = await world.networks.join(request, signal);

  expect(web.endpoints[0]?.macAddress).toMatch(/^02:42:/);
  expect(web.endpoints[0]).not.toHaveProperty('ipv4');
  await world.networks[Symbol.asyncDispose]();
  const again = await world.start();
  await again.adopt(request, web);
  await again.dropLeftovers(new Set([request.container]));
  expect((await world.kernel.listLinks(pinOf(web))).map(({ name, mac }) => [name, mac])).toEqual([
    ['lo', '00:00:00:00:00:00'],
    ['eth0', web.endpoints[0]?.macAddress],
  ]);
  expect((await world.kernel.listAddresses(pinOf(web))).map(({ address }) => address).filter((each) => !/^127|^::1$/.test(each))).toEqual(
    [],
  );
  await again.disconnect(request, again.find('lan'));
  expect((await world.kernel.listLinks(pinOf(web))).map(({ name }) => name)).toEqual(['lo']);
});

test('a macvlan network from a configuration has its settings, as a network made at once', async () => {
  const world = await worldOf();
  const { driver, isInternal, isAttachable, name, ...settings } = lan;
  await world.networks.create({ ...settings, driver, isInternal, isAttachable, name: 'settings', isConfigOnly: true });
  await world.networks.create({ driver, isInternal, isAttachable, name, pools: [], options: {}, labels: {}, configFrom: 'settings' });
  const web = await world.networks.join(world.request('web', { networkMode: 'lan' }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  expect(web.endpoints[0]?.ipv4).toEqual({ address: '10.99.0.64', prefixLength: 24, gateway: '10.99.0.2' });
  expect(await world.fetch(world.outside, '10.99.0.64:80')).toBe('web 10.99.0.2');
  await expect(world.networks.join(world.request('other', { networkMode: 'settings' }), signal)).rejects.toMatchObject({
    code: 'forbidden',
    message: 'cannot create endpoint on configuration-only network',
  });
});

test('a macvlan network without a parent leads nowhere but to its members, and takes its link along', async () => {
  const world = await worldOf();
  const network = await world.networks.create({ ...lan, options: {}, pools: [pool('10.71.0.0/24')] });
  const web = await world.networks.join(world.request('web', { networkMode: 'lan' }), signal);
  const other = await world.networks.join(world.request('other', { networkMode: 'lan' }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  expect(await world.fetch(pinOf(other), `${web.endpoints[0]?.ipv4?.address ?? ''}:80`)).toMatch(/^web /);
  for (const name of ['web', 'other']) await world.networks.leave(world.request(name).container);
  await world.networks.remove('lan');
  expect((await world.kernel.listLinks()).map(({ name }) => name)).not.toContain(network.bridge);
});

test.each<[Partial<NetworkRequest>, string, string]>([
  [{ options: { parent: 'nosuch0' } }, 'invalid', 'invalid subinterface vlan name nosuch0, example formatting is eth0.10'],
  [
    { options: { parent: 'out0', macvlan_mode: 'x' } },
    'invalid',
    "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default",
  ],
  [{ driver: 'overlay', options: {} }, 'invalid', 'an overlay network needs the option gantry.overlay.local'],
  [
    { driver: 'overlay', options: { 'gantry.overlay.local': 'x', 'gantry.overlay.peers': '10.98.0.2' } },
    'invalid',
    'not an IP address of an overlay',
  ],
])('the wrong request %j is refused as %s', async (request, code, message) => {
  const world = await worldOf();

  await expect(world.networks.create({ ...lan, ...request })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as unknown,
  });
});

test('a kernel without ipvlan says so, one that has it makes the network', async () => {
  const world = await worldOf();
  const tried = world.inside(world.base, ['ip', 'link', 'add', 'probe0', 'link', 'vout', 'type', 'ipvlan', 'mode', 'l2']);
  const hasIpvlan = await tried.then(
    () => true,
    () => false,
  );
  if (hasIpvlan) await world.kernel.removeLink('probe0');
  const made = world.networks.create({ ...lan, driver: 'ipvlan', options: {} }).then(({ driver }) => driver);

  expect(await world.kernel.supportsLink('ipvlan')).toBe(hasIpvlan);
  if (hasIpvlan) expect(await made).toBe('ipvlan');
  else
    await expect(made).rejects.toMatchObject({
      code: 'unsupported',
      message: 'the kernel of this host has no ipvlan links (CONFIG_IPVLAN)',
    });
});

test('containers on two hosts find each other by name in an overlay network, again after a restart of an engine', async () => {
  const [here, there] = [await worldOf(), await worldOf()];
  await here.kernel.addAddress('out0', '10.98.0.1/24');
  const inside = { name: 'under0', addresses: ['10.98.0.2/24'], routes: [] };
  await here.kernel.layCable({ name: 'vunder', bridge: 'out0', namespace: there.base, inside });
  const overlayOn = (world: NetworkWorld, own: number, peer: number) =>
    world.networks.create({
      ...shape,
      name: 'wide',
      driver: 'overlay',
      options: { 'gantry.overlay.local': `10.98.0.${own}`, 'gantry.overlay.peers': `10.98.0.${peer}` },
      pools: [pool('10.80.0.0/16', { range: `10.80.${own}.0/24` })],
    });
  await overlayOn(here, 1, 2);
  await overlayOn(there, 2, 1);
  const web = await here.networks.join(here.request('web', { networkMode: 'wide', dns: ['127.0.0.9#1'] }), signal);
  const request = there.request('client', { networkMode: 'wide', dns: ['127.0.0.9#1'] });
  const client = await there.networks.join(request, signal);
  await here.serve(pinOf(web), { name: 'web', port: 80 });
  await there.serve(pinOf(client), { name: 'client', port: 80 });

  expect(web.endpoints[0]?.ipv4).toEqual({ address: '10.80.1.1', prefixLength: 16, gateway: '10.80.1.0' });
  expect((await there.inside(pinOf(client), ['busybox', 'nslookup', 'web', '127.0.0.11'])).stdout).toContain('10.80.1.1');
  expect((await here.inside(pinOf(web), ['busybox', 'nslookup', 'client.wide', '127.0.0.11'])).stdout).toContain('10.80.2.1');
  await expect(there.inside(pinOf(client), ['busybox', 'nslookup', 'nobody', '127.0.0.11'])).rejects.toThrow();
  expect(await there.fetch(pinOf(client), '10.80.1.1:80')).toBe('web 10.80.2.1');
  expect(await here.fetch(pinOf(web), '10.80.2.1:80')).toBe('client 10.80.1.1');
  expect((await there.kernel.listLinks(pinOf(client))).find(({ name }) => name === 'eth0')?.mtu).toBe(1450);

  await there.networks[Symbol.asyncDispose]();
  expect(await here.fetch(pinOf(web), '10.80.2.1:80')).toBe('client 10.80.1.1');
  const again = await there.start();
  await again.adopt(request, client);
  await again.dropLeftovers(new Set([request.container]));
  expect((await here.inside(pinOf(web), ['busybox', 'nslookup', 'client', '127.0.0.11'])).stdout).toContain('10.80.2.1');
  expect(await here.fetch(pinOf(web), '10.80.2.1:80')).toBe('client 10.80.1.1');
  expect([...here.reports, ...there.reports]).toEqual([]);
});
