import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closedAfterEach } from '@gantry/base/testing';
import { openKernel } from '@gantry/linux';
import { HostPorts } from './host-ports.ts';
import type { PublishedPort } from './sandboxes.ts';
import { NetworkWorld, type WorldOptions } from './testing/network-world.ts';

const opened = closedAfterEach();
const worldOf = async (options?: WorldOptions) => opened.use(await NetworkWorld.open(options));
const signal = new AbortController().signal;
const port = (hostPort: number, containerPort: number): PublishedPort => ({ hostPort, containerPort, address: '', protocol: 'tcp' });
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
const front6 = {
  name: 'front',
  driver: 'bridge',
  isInternal: false,
  isAttachable: false,
  hasIpv6: true,
  pools: [],
  labels: {},
  options: {},
};
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

test('a new engine takes up what the former one left running: ports, names, addresses', async () => {
  const world = await worldOf();
  await world.networks.create(front);
  const request = world.request('web', { networkMode: 'front', ports: [port(8080, 80)] });
  const sandbox = await world.networks.join(request, signal);
  const other = await world.networks.join(world.request('other', { networkMode: 'front' }), signal);
  await world.serve(pinOf(sandbox), { name: 'web', port: 80 });
  const ask = () => world.inside(pinOf(other), ['busybox', 'nslookup', 'web', '127.0.0.11']);

  await world.networks[Symbol.asyncDispose]();
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toMatch(/^web /);
  await expect(ask()).rejects.toThrow();
  const again = await world.start();
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toMatch(/^web /);
  await again.adopt(request, sandbox);
  await again.adopt(request, sandbox);
  await again.adopt(world.request('other', { networkMode: 'front' }), other);
  await again.dropLeftovers(new Set(['web', 'other'].map((name) => world.request(name).container)));

  expect((await ask()).stdout).toContain(sandbox.endpoints[0]?.ipv4?.address);
  expect(await world.fetch(world.base, '127.0.0.1:8080')).toMatch(/^web /);
  await expect(again.join(world.request('third', { ports: [port(8080, 80)] }), signal)).rejects.toMatchObject({ code: 'conflict' });
  const third = await again.join(world.request('third', { networkMode: 'front' }), signal);
  expect([sandbox, other].map(({ endpoints }) => endpoints[0]?.ipv4?.address)).not.toContain(third.endpoints[0]?.ipv4?.address);
  expect(world.reports).toEqual([]);
});

test('what a former engine left half made goes with the containers that nobody knows', async () => {
  const world = await worldOf();
  await world.networks.join(world.request('gone', { ports: [port(8080, 80)] }), signal);
  const kept = await world.networks.join(world.request('kept'), signal);
  await world.networks[Symbol.asyncDispose]();
  await world.kernel.createNamespace(join(world.root, 'run/e/half'));
  await world.kernel.createBridge({ name: `g${world.instance}stray` });
  await world.kernel.createBridge({ name: 'gffffffstray' });

  const again = await world.start();
  await again.dropLeftovers(new Set([world.request('kept').container]));

  const names = (await world.kernel.listLinks()).map(({ name }) => name);
  expect(names).toContain('gffffffstray');
  expect(names).not.toContain(`g${world.instance}stray`);
  expect(await readdir(join(world.root, 'run/e'))).toEqual([world.request('kept').container]);
  expect(again.membersOf(again.find('bridge')).map(({ name }) => name)).toEqual(['kept']);
  expect(await world.kernel.runNft(`list map ip gantry_${world.instance} ports`)).not.toContain('8080');
  expect((await again.join(world.request('new', { ports: [port(8080, 80)] }), signal)).ports).toHaveLength(1);
  expect((await world.kernel.listLinks(pinOf(kept))).map(({ name }) => name)).toContain('eth0');
});

test('a sandbox whose record is lost is adopted from what the container knows of it', async () => {
  const world = await worldOf();
  const request = world.request('web', { ports: [port(8080, 80)] });
  const sandbox = await world.networks.join(request, signal);
  await world.serve(pinOf(sandbox), { name: 'web', port: 80 });
  await world.networks[Symbol.asyncDispose]();
  await rm(join(world.root, 'run/sandboxes'), { recursive: true });

  const again = await world.start();
  await again.adopt(request, sandbox);
  await again.dropLeftovers(new Set([request.container]));

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toMatch(/^web /);
});

test('rules that somebody flushed are made again, and the report says so', async () => {
  const world = await worldOf();
  const sandbox = await world.networks.join(world.request('web', { ports: [port(8080, 80)] }), signal);
  await world.serve(pinOf(sandbox), { name: 'web', port: 80 });
  await world.kernel.runNft('flush ruleset');
  await expect(world.fetch(world.outside, '10.99.0.1:8080', 1)).rejects.toThrow();

  await world.networks.repair();

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toMatch(/^web /);
  expect(world.reports).toEqual(['firewall rules of this engine were missing or changed and have been made again']);
});

test.each([
  ['a chain', 'flush chain ip gantry_INSTANCE pre'],
  ['a map of ports', 'flush map ip gantry_INSTANCE ports'],
  ['a table', 'delete table inet gantry_INSTANCE_f'],
  ['a rule', 'insert rule inet gantry_INSTANCE_f forw drop'],
])('it is found that somebody changed %s of ours, once', async (_, command) => {
  const world = await worldOf();
  const sandbox = await world.networks.join(world.request('web', { ports: [port(8080, 80)] }), signal);
  await world.serve(pinOf(sandbox), { name: 'web', port: 80 });
  await world.networks.repair();
  expect(world.reports).toEqual([]);

  await world.kernel.runNft(command.replace('INSTANCE', world.instance));
  await world.networks.repair();
  await world.networks.repair();

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  expect(world.reports).toHaveLength(1);
});

test.each([
  ['a FORWARD chain that drops', ['-P', 'FORWARD', 'DROP'], undefined],
  ['an installed Docker', ['-P', 'FORWARD', 'DROP'], ['-N', 'DOCKER-USER']],
])('traffic passes beside %s', async (_, policy, chain) => {
  const world = await worldOf();
  const sandbox = await world.networks.join(world.request('web', { ports: [port(8080, 80)] }), signal);
  await world.serve(pinOf(sandbox), { name: 'web', port: 80 });
  await world.inside(world.base, ['iptables', ...policy]);
  if (chain) {
    await world.inside(world.base, ['iptables', ...chain]);
    await world.inside(world.base, ['iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER']);
  }
  await expect(world.fetch(world.outside, '10.99.0.1:8080', 1)).rejects.toThrow();

  await world.networks.repair();

  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toMatch(/^web /);
  const network = await world.networks.create(front);
  expect((await world.inside(world.base, ['iptables', '-S'])).stdout).toContain(`-i ${network.bridge} -j ACCEPT`);
  await world.networks.remove('front');
  expect((await world.inside(world.base, ['iptables', '-S'])).stdout).not.toContain(network.bridge);
});

test('an engine without containers takes its links and rules along when it ends', async () => {
  const world = await worldOf();
  await world.networks.create(front);
  await world.networks.join(world.request('web'), signal);
  await world.networks.leave(world.request('web').container);

  await world.networks[Symbol.asyncDispose]();

  expect((await world.kernel.listLinks()).filter(({ name, kind }) => name.startsWith(`g${world.instance}`) && kind === 'bridge')).toEqual(
    [],
  );
  expect(await world.kernel.runNft('list tables')).not.toContain('gantry');
  await world.start();
  expect(world.networks.find('front').bridge).toBe(`g${world.instance}${world.networks.find('front').id.slice(0, 6)}`);
});

test('the default bridge is as the configuration says, also when it changes', async () => {
  const world = await worldOf({
    config: { bip: '10.44.0.1/16', fixedCidr: '10.44.5.0/24', mtu: 1380, defaultAddressPools: [{ base: '10.60.0.0/16', size: 24 }] },
  });

  const sandbox = await world.networks.join(world.request('web'), signal);

  expect(sandbox.endpoints[0]?.ipv4).toEqual({ address: '10.44.5.0', prefixLength: 16, gateway: '10.44.0.1' });
  expect((await world.kernel.listLinks(pinOf(sandbox))).find(({ name }) => name === 'eth0')?.mtu).toBe(1380);
  expect((await world.networks.create(front)).pools[0]?.subnet).toBe('10.60.0.0/24');
});

test('the default bridge may be a link of the administrator, with its address, and stays when the engine goes', async () => {
  const world = await worldOf();
  await world.networks[Symbol.asyncDispose]();
  await world.kernel.createBridge({ name: 'br-own' });
  for (const address of ['10.45.0.1/24', '10.46.0.1/24']) await world.kernel.addAddress('br-own', address);
  Object.assign(world.config, { bridge: 'br-own' });

  const sandbox = await (await world.start()).join(world.request('web'), signal);
  await world.networks.leave(world.request('web').container);
  await world.networks[Symbol.asyncDispose]();

  expect(sandbox.endpoints[0]?.ipv4).toEqual({ address: '10.45.0.2', prefixLength: 24, gateway: '10.45.0.1' });
  expect((await world.kernel.listLinks()).map(({ name }) => name)).toContain('br-own');
  expect((await world.kernel.listAddresses()).map(({ address }) => address)).toEqual(expect.arrayContaining(['10.46.0.1']));
});

test('subnets that the host already reaches are not taken', async () => {
  const world = await worldOf();
  await world.kernel.addAddress('out0', '172.18.7.1/24');
  await world.kernel.addRoute({ destination: '172.19.0.0/16', gateway: '10.99.0.2' });

  expect((await world.networks.create(front)).pools[0]?.subnet).toBe('172.20.0.0/16');
});

test('a container gets the address that it wants in a network of its user', async () => {
  const world = await worldOf();
  await world.networks.create({
    ...front,
    pools: [
      { subnet: '10.70.0.0/24', reserved: {} },
      { subnet: 'fd70::/64', reserved: {} },
    ],
    hasIpv6: true,
  });
  const wanting = (name: string, ipv4Address: string) =>
    world.request(name, { networkMode: 'front', networks: { front: { aliases: [], ipv4Address, macAddress: '02:00:00:00:00:99' } } });

  const sandbox = await world.networks.join(wanting('web', '10.70.0.9'), signal);

  expect(sandbox.endpoints[0]).toMatchObject({
    macAddress: '02:00:00:00:00:99',
    ipv4: { address: '10.70.0.9' },
    ipv6: { address: 'fd70::2', prefixLength: 64, gateway: 'fd70::1' },
  });
  await expect(world.networks.join(wanting('other', '10.70.0.9'), signal)).rejects.toThrow('Address already in use');
  await expect(world.networks.join(wanting('other', '10.71.0.9'), signal)).rejects.toThrow(
    /no configured subnet contains IP address 10\.71\.0\.9/,
  );
  await expect(
    world.networks.join(world.request('x', { networks: { bridge: { aliases: [], ipv4Address: '172.17.0.9' } } }), signal),
  ).rejects.toThrow('user specified IP address is supported on user defined networks only');
  await expect(world.networks.join(world.request('x', { networkMode: 'nosuch' }), signal)).rejects.toMatchObject({
    code: 'not-found',
    message: 'network nosuch not found',
  });
});

test('names of the world are asked of the upstream, over UDP and TCP', async () => {
  const world = await worldOf();
  await world.networks.create(front);
  const answerTo = (query: Buffer) =>
    Buffer.concat([
      query.subarray(0, 2),
      Buffer.from('81800001000100000000', 'hex'),
      query.subarray(12, 29),
      Buffer.from('c00c00010001000000050004c0000201', 'hex'),
    ]);
  const tcp = createServer((client) =>
    client.on('data', (bytes: Buffer) => client.write(Buffer.concat([Buffer.of(0, 45), answerTo(bytes.subarray(2))]))),
  );
  await once(tcp.listen(0, '127.0.0.1'), 'listening');
  opened.defer(() => void tcp.close());
  const { port: upstreamPort } = tcp.address() as { port: number };
  const udp = createSocket('udp4').on('message', (query, from) => udp.send(answerTo(query), from.port, from.address));
  opened.defer(() => void udp.close());
  await new Promise<void>((resolve) => udp.bind(upstreamPort, '127.0.0.1', resolve));
  const dns = [`127.0.0.1#1`, `127.0.0.1#${upstreamPort}`];
  const sandbox = await world.networks.join(world.request('web', { networkMode: 'front', dns }), signal);

  const { stdout } = await world.inside(pinOf(sandbox), ['busybox', 'nslookup', '-type=a', 'example.org', '127.0.0.11']);
  const file = join(world.root, 'query');
  await writeFile(file, Buffer.from('001d1234010000010000000000000765786d706c6573036f72670000010001', 'hex'));
  await world.inside(pinOf(sandbox), ['sh', '-c', `busybox nc 127.0.0.11 53 < ${file} > ${file}.answer`]);

  expect(stdout).toContain('192.0.2.1');
  expect((await readFile(`${file}.answer`)).toString('hex')).toMatch(/^002d1234.*c0000201$/);
});

test('a port is published on ::1 of this host too, by the engine itself', async () => {
  const world = await worldOf();
  const kernel = opened.use(await openKernel());
  const { descriptor } = await kernel.openSocket({ protocol: 'tcp', address: '127.0.0.1', port: 0 });
  // It hears of it where the port is closed before the client has said its end.
  const server = createServer((client) => client.on('error', () => undefined).end('container'));
  await once(server.listen({ fd: descriptor }), 'listening');
  opened.defer(() => void server.close());
  const { port: containerPort } = server.address() as { port: number };
  const ports = opened.use(new HostPorts(kernel));
  const owner = { container: world.request('web').container, name: 'web', endpointId: 'e' };

  const lease = await ports.take([port(0, containerPort)], owner, () => '127.0.0.1');
  opened.defer(() => lease[Symbol.asyncDispose]());

  const client = connect(lease.ports[0]?.hostPort ?? 0, '::1');
  const [data] = (await once(client, 'data')) as [Buffer];
  expect(String(data)).toBe('container');
});

test('an udp port leads to the container, also after the container came back with another address', async () => {
  const world = await worldOf();
  const published: PublishedPort = { hostPort: 5353, containerPort: 53, address: '', protocol: 'udp' };
  const echoFrom = async (name: string): Promise<void> => {
    const sandbox = await world.networks.join(world.request(name, { ports: [published] }), signal);
    const { descriptor } = await world.kernel.openSocket({ namespace: pinOf(sandbox), protocol: 'udp', address: '0.0.0.0', port: 53 });
    const socket = createSocket('udp4').on('message', (_, from) => socket.send(name, from.port, from.address));
    await new Promise<void>((resolve) => socket.bind({ fd: descriptor }, resolve));
    opened.defer(() => void socket.close());
  };
  const { descriptor } = await world.kernel.openSocket({ namespace: world.outside, protocol: 'udp', address: '10.99.0.2', port: 0 });
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.bind({ fd: descriptor }, resolve));
  opened.defer(() => void client.close());
  const ask = async (): Promise<string> => {
    const answer = once(client, 'message', { signal: AbortSignal.timeout(2000) });
    client.send('?', 5353, '10.99.0.1');
    return String(((await answer) as [Buffer])[0]);
  };

  await echoFrom('first');
  expect(await ask()).toBe('first');
  await world.networks.leave(world.request('first').container);
  await echoFrom('second');
  expect(await ask()).toBe('second');
});

test('what an engine had begun to connect or disconnect when it ended is as the container knows it', async () => {
  const world = await worldOf();
  const front = await world.networks.create(front6);
  const back = await world.networks.create({ ...front6, name: 'back' });
  const request = world.request('web', { networkMode: 'front', ports: [port(8080, 80)] });
  const before = await world.networks.join(request, signal);
  await world.networks.connect(request, back, { aliases: [] });
  await world.networks.disconnect(request, front);
  await world.networks[Symbol.asyncDispose]();

  const again = await world.start();
  await again.adopt(request, before);
  await again.dropLeftovers(new Set([request.container]));
  await world.serve(pinOf(before), { name: 'web', port: 80 });

  expect(again.membersOf(again.find('back'))).toEqual([]);
  expect(again.membersOf(again.find('front')).map(({ endpoint }) => endpoint.ipv4?.address)).toEqual([before.endpoints[0]?.ipv4?.address]);
  const links = (await world.kernel.listLinks(pinOf(before))).map(({ name }) => name);
  expect(links.filter((name) => name !== 'lo')).toHaveLength(1);
  expect(await world.fetch(world.outside, '10.99.0.1:8080')).toBe('web 10.99.0.2');
  expect(
    (await world.kernel.listLinks()).filter(({ kind, name }) => kind === 'veth' && name.startsWith(`g${world.instance}`)),
  ).toHaveLength(1);
  await again.remove('back');
});

test('killed at any moment, ten times, it leaves nothing that the next engine does not find', async () => {
  const world = await worldOf();
  await world.networks[Symbol.asyncDispose]();
  for (let round = 0; round < 10; round++) {
    const program = [new URL('testing/networks-until-killed.ts', import.meta.url).pathname, world.root, world.base, world.instance];
    const child = spawn(process.execPath, ['--conditions=source', ...program], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    await delay(20 + 27 * round);
    child.kill('SIGKILL');
    await ended;
  }

  const networks = await world.start();
  await networks.dropLeftovers(new Set());

  const names = networks.list().map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('come-and-go'))).toEqual(['bridge', 'host', 'none', 'front']);
  const links = (await world.kernel.listLinks()).map(({ name }) => name).filter((name) => name.startsWith(`g${world.instance}`));
  const bridges = networks.list().flatMap(({ bridge }) => (bridge === '' ? [] : [bridge]));
  expect([...links].sort()).toEqual([...bridges].sort());
  const rules = await world.kernel.runNft(`list set inet gantry_${world.instance}_f bridges`);
  expect([...rules.matchAll(/"(g[^"]+)"/g)].map(([, link]) => link).sort()).toEqual([...bridges].sort());
  for (const name of names.filter((each) => each.startsWith('come-and-go'))) await networks.remove(name);
  expect(await readdir(join(world.root, 'run/e'))).toEqual([]);
  expect(await readdir(join(world.root, 'run/sandboxes'))).toEqual([]);
  expect((await world.kernel.listLinks()).filter(({ kind, name }) => kind === 'veth' && name.startsWith('g'))).toEqual([]);
  expect(await world.kernel.runNft(`list map ip gantry_${world.instance} ports`)).not.toMatch(/tcp \. 900[1-3]/);
  const joins = [1, 2, 3].map((index) =>
    networks.join(world.request(`c${index}`, { networkMode: 'front', ports: [port(9000 + index, 80)] }), signal),
  );
  expect(await Promise.all(joins)).toHaveLength(3);
});
