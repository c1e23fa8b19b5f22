import { closedAfterEach } from '@gantry/base/testing';
import type { NetworkSettings } from './network-settings.ts';
import type { SandboxLink, SandboxRequest } from './sandboxes.ts';
import { NetworkWorld } from './testing/network-world.ts';

const opened = closedAfterEach();
const worldOf = async (config: NetworkSettings) => opened.use(await NetworkWorld.open({ config }));
const signal = new AbortController().signal;
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
const gatewaysOf = async ({ kernel }: NetworkWorld, pin: string) =>
  (await kernel.listRoutes(pin)).filter(({ prefixLength }) => prefixLength === 0).map(({ gateway }) => gateway);

test('containers go out by the routers that the settings name, which nobody else gets, and by the bridge again without them', async () => {
  const config: NetworkSettings = {
    ...{ bip: '10.44.0.1/29', bip6: 'fd44::1/64', hasIpv6: true, fixedCidrV6: 'fd44::8000:0:0:0/65' },
    defaultGateways: { ipv4: '10.44.0.2', ipv6: 'fd44::8000:0:0:1' },
  };
  const world = await worldOf(config);
  const { networks } = world;

  const web = await networks.join(world.request('web'), signal);

  expect(web.endpoints[0]).toMatchObject({
    ipv4: { address: '10.44.0.3', prefixLength: 29, gateway: '10.44.0.2' },
    ipv6: { address: 'fd44::8000:0:0:0', prefixLength: 64, gateway: 'fd44::8000:0:0:1' },
  });
  expect(await gatewaysOf(world, pinOf(web))).toEqual(['10.44.0.2', 'fd44::8000:0:0:1']);
  expect(networks.find('bridge').pools).toMatchObject([
    { subnet: '10.44.0.0/29', gateway: '10.44.0.1', reserved: { DefaultGatewayIPv4: '10.44.0.2' } },
    { subnet: 'fd44::/64', gateway: 'fd44::1', reserved: { DefaultGatewayIPv6: 'fd44::8000:0:0:1' } },
  ]);
  const addresses = (await world.kernel.listAddresses()).map(({ address }) => address);
  expect(addresses).toEqual(expect.arrayContaining(['10.44.0.1', 'fd44::1']));
  expect(addresses).not.toContain('10.44.0.2');

  await networks.leave(world.request('web').container);
  await networks[Symbol.asyncDispose]();
  Object.assign(world.config, { defaultGateways: {} });
  const again = await world.start();
  expect(await gatewaysOf(world, pinOf(await again.join(world.request('web'), signal)))).toEqual(['10.44.0.1', 'fd44::1']);
  expect(again.find('bridge').pools[0]?.reserved).toEqual({});
});

test('a gateway of the settings that is not on the default bridge stops the start and is named by its key', async () => {
  const world = await worldOf({ bip: '10.44.0.1/24' });
  await world.networks[Symbol.asyncDispose]();
  Object.assign(world.config, { defaultGateways: { ipv4: '10.45.0.1' } });

  await expect(world.start()).rejects.toMatchObject({
    code: 'invalid',
    message: '"default-gateway": 10.45.0.1 is not in 10.44.0.0/24, the subnet of the default bridge',
  });

  Object.assign(world.config, { defaultGateways: {} });
  await world.start();
});

test.each(['1', '0'])(
  'where neighbours may not talk, a link opens the ports of the other to the one, wherever the other is now, and nothing else (bridge netfilter: %s)',
  async (bridgeNetfilter) => {
    const world = await worldOf({ defaultBridgeOptions: { 'com.docker.network.bridge.enable_icc': 'false' } });
    await world.kernel.writeSysctls({ 'net.bridge.bridge-nf-call-iptables': bridgeNetfilter });
    const join = async (name: string, more: Partial<SandboxRequest> = {}) => {
      const sandbox = await world.networks.join(world.request(name, more), signal);
      for (const port of [80, 81]) await world.serve(pinOf(sandbox), { name, port });
      return { sandbox, pin: pinOf(sandbox), address: sandbox.endpoints[0]?.ipv4?.address ?? '' };
    };
    const database = await join('database');
    const links: SandboxLink[] = [{ container: world.request('database').container, ports: [{ port: 80, protocol: 'tcp' }] }];
    const web = await join('web', { links });
    const stranger = await join('stranger');

    expect(await world.fetch(web.pin, `${database.address}:80`)).toBe(`database ${web.address}`);
    await expect(world.fetch(web.pin, `${database.address}:81`, 1)).rejects.toThrow();
    await expect(world.fetch(database.pin, `${web.address}:80`, 1)).rejects.toThrow();
    await expect(world.fetch(stranger.pin, `${database.address}:80`, 1)).rejects.toThrow();

    await world.networks.leave(world.request('database').container);
    const taker = await join('taker');
    const again = await join('database');
    expect(await world.fetch(web.pin, `${again.address}:80`)).toBe(`database ${web.address}`);
    await expect(world.fetch(web.pin, `${taker.address}:80`, 1)).rejects.toThrow();

    await world.networks[Symbol.asyncDispose]();
    const networks = await world.start();
    const known = { web, stranger, taker, database: again };
    for (const [name, { sandbox }] of Object.entries(known)) await networks.adopt(world.request(name), sandbox);
    await networks.dropLeftovers(new Set(Object.keys(known).map((name) => world.request(name).container)));
    expect(await world.fetch(web.pin, `${again.address}:80`)).toBe(`database ${web.address}`);
    await networks.leave(world.request('web').container);
    expect(await world.kernel.runNft(`list set inet gantry_${world.instance}_f links`)).not.toContain('elements');
    expect(world.reports).toEqual([]);
  },
);

test('a link closes when the other leaves the default bridge and opens when it comes back', async () => {
  const world = await worldOf({ defaultBridgeOptions: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const { networks } = world;
  await networks.join(world.request('database'), signal);
  const links: SandboxLink[] = [{ container: world.request('database').container, ports: [{ port: 80, protocol: 'tcp' }] }];
  await networks.join(world.request('web', { links }), signal);
  const open = async () => await world.kernel.runNft(`list set inet gantry_${world.instance}_f links`);

  expect(await open()).toContain('172.17.0.3 . 172.17.0.2 . tcp . 80');
  await networks.disconnect(world.request('database'), networks.find('bridge'));
  expect(await open()).not.toContain('elements');
  const { endpoints } = await networks.connect(world.request('database'), networks.find('bridge'), { aliases: [] });
  expect(await open()).toContain(`172.17.0.3 . ${endpoints[0]?.ipv4?.address ?? ''} . tcp . 80`);
});
