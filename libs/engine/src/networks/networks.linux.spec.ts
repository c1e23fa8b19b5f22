import { createSocket, type Socket } from 'node:dgram';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
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
const plainNetwork = { driver: 'bridge', isInternal: false, isAttachable: false, hasIpv6: false, pools: [], labels: {}, options: {} };
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';

test('a container on the default bridge has address, gateway and files as Docker gives them', async () => {
  const { networks, request } = await bound();

  const sandbox = await networks.join(request('web'), signal);

  const [endpoint] = sandbox.endpoints;
  expect(endpoint).toMatchObject({
    networkName: 'bridge',
    macAddress: '02:42:ac:11:00:02',
    ipv4: { address: '172.17.0.2', prefixLength: 16, gateway: '172.17.0.1' },
  });
  expect(sandbox.files.hosts).toMatch(/^127\.0\.0\.1\tlocalhost\n[^]*\n172\.17\.0\.2\tweb\n$/);
  expect(sandbox.files.resolvConf).toMatch(/^nameserver /);
});

/** A world whose `request` needs no `this`. */
async function bound(options?: WorldOptions) {
  const world = await worldOf(options);
  return { world, networks: world.networks, request: world.request.bind(world) };
}

test('a published port answers from the host, its addresses, outside, a neighbour and the container itself', async () => {
  const { world, networks, request } = await bound();
  const web = await networks.join(request('web', { ports: [port(8080, 80)] }), signal);
  const other = await networks.join(request('other'), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  expect(web.ports).toEqual([port(8080, 80)]);
  expect(await world.fetch(world.base, '127.0.0.1:8080')).toBe('web 172.17.0.1');
  expect(await world.fetch(world.base, '10.99.0.1:8080')).toMatch(/^web /);
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  expect(await world.fetch(pinOf(other), '10.99.0.1:8080')).toMatch(/^web /);
  expect(await world.fetch(pinOf(other), '172.17.0.1:8080')).toMatch(/^web /);
  expect(await world.fetch(pinOf(web), '10.99.0.1:8080')).toMatch(/^web /);
  expect(await world.fetch(pinOf(other), '172.17.0.2:80')).toBe('web 172.17.0.3');
});

test('all of it works by mount(8), ip(8) and nft(8) too', async () => {
  const { world, networks, request } = await bound({ byPrograms: ['mount', 'ip', 'nft'] });
  const front = await networks.create({ ...plainNetwork, name: 'front' });
  const web = await networks.join(request('web', { ports: [port(8080, 80)] }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  expect(await world.fetch(world.base, '127.0.0.1:8080')).toBe('web 172.17.0.1');
  await networks.connect(request('web'), front, { aliases: [] });
  await networks.disconnect(request('web'), networks.find('bridge'));
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  await world.kernel.runNft('flush ruleset');
  await networks.repair();
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  await expect(networks.join(request('other', { ports: [port(8080, 80)] }), signal)).rejects.toMatchObject({ code: 'conflict' });
  await networks.leave(request('web').container);
  await expect(world.fetch(world.outside, '10.99.0.1:8080', 1)).rejects.toThrow();
});

test('a port published on one address answers there only', async () => {
  const { world, networks, request } = await bound();
  const web = await networks.join(request('web', { ports: [port(8080, 80, '127.0.0.1')] }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  expect(await world.fetch(world.base, '127.0.0.1:8080')).toMatch(/^web /);
  await expect(world.fetch(world.outside, '10.99.0.1:8080', 1)).rejects.toThrow();
});

test('a container reaches the world under the address of the host, and the world does not reach into it', async () => {
  const { world, networks, request } = await bound();
  const web = await networks.join(request('web'), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });
  await world.serve(world.outside, { name: 'outside', port: 81 });
  await world.serve(undefined, { name: 'host', port: 82 });
  await world.inside(world.outside, ['ip', 'route', 'replace', '172.17.0.0/16', 'via', '10.99.0.1']);

  expect(await world.fetch(pinOf(web), '10.99.0.2:81')).toBe('outside 10.99.0.1');
  expect(await world.fetch(pinOf(web), '172.17.0.1:82')).toBe('host 172.17.0.2');
  await expect(world.fetch(world.outside, '172.17.0.2:80', 1)).rejects.toThrow();
});

test('a neighbour cannot use the way of 127.0.0.1 into the host', async () => {
  const { world, networks, request } = await bound();
  const pin = pinOf(await networks.join(request('web'), signal));
  await world.kernel.writeSysctls({ 'net.ipv4.conf.all.route_localnet': '1' }, pin);
  for (const route of ['127.0.0.0/8', '127.0.0.1'])
    await world.inside(pin, ['ip', 'route', 'del', 'local', route, 'dev', 'lo', 'table', 'local']);
  await world.inside(pin, ['ip', 'route', 'add', '127.0.0.1', 'via', '172.17.0.1', 'src', '172.17.0.2']);
  const [secret, attacker] = [await datagrams(world, undefined, '127.0.0.1'), await datagrams(world, pin, '172.17.0.2')];
  const heard: string[] = [];
  secret.on('message', (message) => void heard.push(String(message)));
  const say = async (word: string): Promise<void> => {
    attacker.send(word, secret.address().port, '127.0.0.1');
    await delay(200);
  };

  await say('with the rule');
  await world.kernel.runNft(`flush chain ip gantry_${world.instance} loopback`);
  await say('without');
  await eventually(() => expect(heard).toContain('without'));

  expect(heard).toEqual(['without']);
});

/** A socket for datagrams inside a namespace. */
async function datagrams(world: NetworkWorld, pin: string | undefined, address: string): Promise<Socket> {
  const { descriptor } = await world.kernel.openSocket({ ...(pin !== undefined && { namespace: pin }), protocol: 'udp', address, port: 0 });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind({ fd: descriptor }, resolve));
  opened.defer(() => void socket.close());
  return socket;
}

test('networks are apart from each other, and an internal one from everything', async () => {
  const { world, networks, request } = await bound();
  await networks.create({ ...plainNetwork, name: 'front', isInternal: false });
  await networks.create({ ...plainNetwork, name: 'back', isInternal: true });
  const front = await networks.join(request('front1', { networkMode: 'front' }), signal);
  const back = await networks.join(request('back1', { networkMode: 'back', ports: [port(8080, 80)] }), signal);
  const both = await networks.join(request('both', { networkMode: 'front', networks: { back: { aliases: [] } } }), signal);
  const backAddress = back.endpoints[0]?.ipv4?.address ?? '';
  await world.serve(pinOf(back), { name: 'back', port: 80 });
  await world.serve(world.outside, { name: 'outside', port: 81 });

  expect(back.ports).toEqual([]);
  expect(await world.fetch(pinOf(both), `${backAddress}:80`)).toMatch(/^back /);
  await expect(world.fetch(pinOf(front), `${backAddress}:80`, 1)).rejects.toThrow();
  await expect(world.fetch(pinOf(back), '10.99.0.2:81', 1)).rejects.toThrow();
  expect(await world.fetch(pinOf(front), '10.99.0.2:81')).toBe('outside 10.99.0.1');
  expect(await world.fetch(pinOf(both), '10.99.0.2:81')).toBe('outside 10.99.0.1');
});

test.each(['1', '0'])(
  'neighbours that may not talk to each other do not, and reach what is published (bridge netfilter: %s)',
  async (bridgeNetfilter) => {
    const { world, networks, request } = await bound();
    await world.kernel.writeSysctls({ 'net.bridge.bridge-nf-call-iptables': bridgeNetfilter });
    const options = { 'com.docker.network.bridge.enable_icc': 'false' };
    await networks.create({ ...plainNetwork, name: 'quiet', options });
    const web = await networks.join(request('web', { networkMode: 'quiet', ports: [port(8080, 80)] }), signal);
    const other = await networks.join(request('other', { networkMode: 'quiet' }), signal);
    await world.serve(pinOf(web), { name: 'web', port: 80 });

    await expect(world.fetch(pinOf(other), `${web.endpoints[0]?.ipv4?.address ?? ''}:80`, 1)).rejects.toThrow();
    expect(await world.fetch(pinOf(other), '10.99.0.1:8080')).toMatch(/^web /);
    expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  },
);

test('a taken port is refused in the words of dockerd, and nothing is left of the join', async () => {
  const { world, networks, request } = await bound();
  await networks.join(request('one', { ports: [port(8080, 80)] }), signal);
  await world.serve(undefined, { name: 'host', port: 9090 });
  const links = (await world.kernel.listLinks()).length;

  await expect(networks.join(request('two', { ports: [port(8081, 80), port(8080, 80)] }), signal)).rejects.toThrow(
    /^driver failed programming external connectivity on endpoint two \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
  );
  await expect(networks.join(request('three', { ports: [port(9090, 80)] }), signal)).rejects.toThrow(
    /failed to bind host port for 0\.0\.0\.0:9090\/tcp: address already in use$/,
  );

  expect((await world.kernel.listLinks()).length).toBe(links);
  const four = await networks.join(request('four', { ports: [port(8081, 80)] }), signal);
  expect(four.ports).toEqual([port(8081, 80)]);
});

test('of 50 containers that want one port at once exactly one gets it', async () => {
  const { networks, request } = await bound();

  const joins = Array.from({ length: 50 }, (_, index) => networks.join(request(`c${index}`, { ports: [port(8080, 80)] }), signal));
  const results = await Promise.allSettled(joins);

  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(networks.membersOf(networks.find('bridge'))).toHaveLength(1);
});

test('free ports are chosen, and 1,000 rounds of joining and leaving double and leak no address', async () => {
  const { world, networks, request } = await bound({ config: { bip: '10.50.0.1/29' } });
  const holders = new Map<string, string>();
  const rounds = async (name: string): Promise<void> => {
    for (let round = 0; round < 250; round++) {
      const sandbox = await networks.join(request(name, { ports: [port(0, 80)] }), signal);
      const address = sandbox.endpoints[0]?.ipv4?.address ?? '';
      expect(holders.get(address)).toBeUndefined();
      holders.set(address, name);
      expect(sandbox.ports[0]?.hostPort).toBeGreaterThan(0);
      holders.delete(address);
      await networks.leave(request(name).container);
      await networks.leave(request(name).container);
    }
  };

  await Promise.all(['one', 'two', 'three', 'four'].map(rounds));
  const five = await Promise.all(Array.from({ length: 5 }, (_, index) => networks.join(request(`c${index}`), signal)));

  expect(new Set(five.map((sandbox) => sandbox.endpoints[0]?.ipv4?.address)).size).toBe(5);
  await expect(networks.join(request('c6'), signal)).rejects.toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/^no available IPv4 addresses on this network's address pools: bridge \([0-9a-f]{64}\)$/) as unknown,
  });
  expect(world.reports).toEqual([]);
});

test('names of neighbours are known in user-defined networks, to their members only', async () => {
  const { world, networks, request } = await bound();
  await networks.create({ ...plainNetwork, name: 'front' });
  await networks.create({ ...plainNetwork, name: 'back' });
  const one = await networks.join(
    request('one', { networkMode: 'front', networks: { front: { aliases: ['first'] } }, dns: ['127.0.0.9'] }),
    signal,
  );
  const two = await networks.join(request('two', { networkMode: 'front', dns: ['127.0.0.9#1'] }), signal);
  await networks.join(request('three', { networkMode: 'back' }), signal);
  const ask = (name: string) => world.inside(pinOf(two), ['busybox', 'nslookup', name, '127.0.0.11']).then(({ stdout }) => stdout);

  expect(two.files.resolvConf).toMatch(/^nameserver 127\.0\.0\.11\n/);
  const address = one.endpoints[0]?.ipv4?.address ?? '';
  for (const name of ['one', 'first', 'ONE.front', request('one').container.slice(0, 12)]) expect(await ask(name)).toContain(address);
  expect(await ask(address)).toContain('one.front');
  await expect(ask('three')).rejects.toThrow();
  await networks.rename(request('one').container, 'uno');
  expect(await ask('uno')).toContain(address);
  await expect(ask('one')).rejects.toThrow();
  await networks.leave(request('one').container);
  await expect(ask('uno')).rejects.toThrow();
});

test('names are answered over TCP as well', async () => {
  const { world, networks, request } = await bound();
  await networks.create({ ...plainNetwork, name: 'front' });
  const asker = await networks.join(request('asker', { networkMode: 'front', networks: { front: { aliases: ['example.org'] } } }), signal);
  const file = `${world.root}/query`;
  await writeFile(file, Buffer.from('001d123401000001000000000000076578616d706c65036f72670000010001', 'hex'));

  await world.inside(pinOf(asker), ['sh', '-c', `busybox nc 127.0.0.11 53 < ${file} > ${file}.answer`]);

  expect([...(await readFile(`${file}.answer`)).subarray(-4)].join('.')).toBe(asker.endpoints[0]?.ipv4?.address);
});

test('host shares the namespace of the host, none has loopback only', async () => {
  const { world, networks, request } = await bound();

  const host = await networks.join(request('h', { networkMode: 'host', ports: [port(8080, 80)] }), signal);
  const none = await networks.join(request('n', { networkMode: 'none' }), signal);

  expect(host).toMatchObject({ namespacePath: undefined, ports: [], endpoints: [{ networkName: 'host' }] });
  expect(none.endpoints).toMatchObject([{ networkName: 'none', macAddress: '' }]);
  expect((await world.kernel.listLinks(pinOf(none))).filter(({ isUp }) => isUp).map(({ name }) => name)).toEqual(['lo']);
});

test('the network with the highest priority leads out, and ports lead into it, from the start or when it comes', async () => {
  const { world, networks, request } = await bound();
  const back = await networks.create({ ...plainNetwork, name: 'back', hasIpv6: true });
  await networks.create({ ...plainNetwork, name: 'front', isInternal: true });
  const asking = { aliases: [], gatewayPriority: 5 };
  const published = { ports: [port(8080, 80)], networks: { back: asking, bridge: { aliases: [], gatewayPriority: 1 }, front: asking } };
  const routes = async (pin: string) => (await world.kernel.listRoutes(pin)).filter(({ prefixLength }) => prefixLength === 0);

  const web = await networks.join(request('web', published), signal);
  expect((await routes(pinOf(web))).map(({ gateway }) => gateway)).toEqual(back.pools.map(({ gateway }) => gateway));
  expect(await world.kernel.runNft(`list map ip gantry_${world.instance} ports`)).toContain(web.endpoints[1]?.ipv4?.address);

  const late = await networks.join(request('late', { ports: [port(8081, 80)] }), signal);
  const { endpoints } = await networks.connect(request('late'), back, asking);
  await world.serve(pinOf(late), { name: 'late', port: 80 });
  expect((await routes(pinOf(late))).map(({ gateway }) => gateway)).toEqual(back.pools.map(({ gateway }) => gateway));
  expect(endpoints[1]?.gatewayPriority).toBe(5);
  expect(await world.fetch(world.outside, '10.99.0.1:8081')).toBe('late 10.99.0.2');
  expect(await world.fetch(world.outside, 'fd99::1:8081')).toBe('late fd99::2');
  await networks.disconnect(request('late'), back);
  expect((await routes(pinOf(late))).map(({ gateway }) => gateway)).toEqual(['172.17.0.1']);
  expect(await world.fetch(world.outside, '10.99.0.1:8081')).toBe('late 10.99.0.2');
});

test('a link inside has the name, the further addresses and the settings that were asked for', async () => {
  const { world, networks, request } = await bound();
  await networks.create({ ...plainNetwork, name: 'front' });
  const asked = {
    aliases: [],
    device: 'lan0',
    linkLocalAddresses: ['169.254.34.68'],
    sysctls: { 'net.ipv4.conf.IFNAME.log_martians': '1' },
  };

  const pin = pinOf(await networks.join(request('web', { networkMode: 'front', networks: { front: asked } }), signal));

  expect((await world.kernel.listLinks(pin)).map(({ name }) => name)).toEqual(['lo', 'lan0']);
  expect((await world.kernel.listAddresses(pin)).map(({ address }) => address)).toContain('169.254.34.68');
  expect(await world.kernel.readSysctls(['net.ipv4.conf.lan0.log_martians'], pin)).toEqual({ 'net.ipv4.conf.lan0.log_martians': '1' });
});

test('a port of SCTP is published by a kernel that has it, and refused with what the kernel lacks by one that has not', async () => {
  const { world, networks, request } = await bound();
  const asked: PublishedPort = { ...port(8080, 80), protocol: 'sctp' };

  const outcome: unknown = await networks.join(request('web', { ports: [asked] }), signal).catch((thrown: unknown) => thrown);

  if (outcome instanceof Failure) {
    expect(outcome.code).toBe('unsupported');
    expect(outcome.message).toMatch(/the kernel of this host has no SCTP \(CONFIG_IP_SCTP\): 8080\/sctp$/);
    expect(networks.membersOf(networks.find('bridge'))).toEqual([]);
  } else {
    expect(outcome).toMatchObject({ ports: [asked] });
    expect(await world.kernel.runNft(`list map ip gantry_${world.instance} ports`)).toContain('sctp . 8080');
    await expect(networks.join(request('other', { ports: [asked] }), signal)).rejects.toMatchObject({ code: 'conflict' });
  }
});

test('a preferred port is taken if it is free', async () => {
  const { networks, request } = await bound();
  const asked = { ...port(0, 80), preferredHostPort: 8080 };

  const one = await networks.join(request('one', { ports: [asked] }), signal);
  const two = await networks.join(request('two', { ports: [asked] }), signal);

  expect(one.ports).toEqual([port(8080, 80)]);
  expect(two.ports[0]?.hostPort).not.toBe(8080);
});

test('a container is connected to and disconnected from networks while it runs', async () => {
  const { world, networks, request } = await bound();
  const front = await networks.create({ ...plainNetwork, name: 'front' });
  const web = await networks.join(request('web', { ports: [port(8080, 80)] }), signal);
  const other = await networks.join(request('other', { networkMode: 'front' }), signal);
  await world.serve(pinOf(web), { name: 'web', port: 80 });

  const connected = await networks.connect(request('web'), front, { aliases: ['www'] });
  expect(connected.endpoints.map(({ networkName }) => networkName)).toEqual(['bridge', 'front']);
  expect(await world.fetch(pinOf(other), `${connected.endpoints[1]?.ipv4?.address ?? ''}:80`)).toMatch(/^web /);
  expect((await world.inside(pinOf(other), ['busybox', 'nslookup', 'www', '127.0.0.11'])).stdout).toContain(
    connected.endpoints[1]?.ipv4?.address,
  );
  await expect(networks.connect(request('web'), front, { aliases: [] })).rejects.toThrow(
    'endpoint with name web already exists in network front',
  );
  await expect(networks.remove('front')).rejects.toThrow(/has active endpoints/);

  await networks.disconnect(request('web'), networks.find('bridge'));
  expect(await world.fetch(world.base, '127.0.0.1:8080')).toMatch(/^web /);
  expect((await world.kernel.listLinks(pinOf(web))).map(({ name }) => name)).toEqual(['lo', 'eth1']);
  await expect(networks.disconnect(request('web'), networks.find('bridge'))).rejects.toThrow(/is not connected to network bridge/);

  await networks.disconnect(request('web'), front);
  await networks.connect(request('web'), networks.find('bridge'), { aliases: [] });
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
});
