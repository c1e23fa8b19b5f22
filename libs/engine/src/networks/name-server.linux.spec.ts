import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closedAfterEach } from '@gantry/base/testing';
import { bytesToIp } from '@gantry/linux';
import { NetworkWorld } from './testing/network-world.ts';

const opened = closedAfterEach();
const signal = new AbortController().signal;
const pinOf = (sandbox: { namespacePath: string | undefined }): string => sandbox.namespacePath ?? 'none';
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

async function worldWithFront() {
  const world = opened.use(await NetworkWorld.open());
  await world.networks.create(front);
  const join = (name: string, more: object = {}) => world.networks.join(world.request(name, { networkMode: 'front', ...more }), signal);
  return { world, join };
}

/** A client inside a namespace that asks the embedded name server for A records over UDP. */
async function clientIn(world: NetworkWorld, pin: string): Promise<(name: string, tail?: Buffer) => Promise<Answer>> {
  const { descriptor } = await world.kernel.openSocket({ namespace: pin, protocol: 'udp', address: '127.0.0.1', port: 0 });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind({ fd: descriptor }, resolve));
  opened.defer(() => void socket.close());
  return (name, tail = Buffer.alloc(0)) => ask(socket, name, tail);
}

interface Answer {
  readonly code: number;
  readonly isCut: boolean;
  readonly addresses: readonly string[];
}

async function ask(socket: Socket, name: string, tail: Buffer): Promise<Answer> {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const head = Buffer.from(`12340100000100000000000${tail.length > 0 ? 1 : 0}`, 'hex');
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(30_000) });
  socket.send(Buffer.concat([head, ...labels, Buffer.of(0, 0, 1, 0, 1), tail]), 53, '127.0.0.11');
  const [answer] = (await answered) as [Buffer];
  const count = answer.readUInt16BE(6);
  const addresses = Array.from({ length: count }, (_, index) => {
    const end = answer.length - 16 * (count - 1 - index);
    return bytesToIp(answer.subarray(end - 4, end));
  });
  return { code: (answer[3] ?? 0) & 0x0f, isCut: ((answer[2] ?? 0) & 0x02) !== 0, addresses };
}

/** A name server of the host that answers all with one code, and with an address where that is 0. */
async function upstream(code: number): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const head = Buffer.concat([query.subarray(0, 2), Buffer.of(0x81, 0x80 | code, 0, 1, 0, code === 0 ? 1 : 0, 0, 0, 0, 0)]);
    const answer = code === 0 ? Buffer.from('c00c00010001000000050004c0000201', 'hex') : Buffer.alloc(0);
    socket.send(Buffer.concat([head, query.subarray(12), answer]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  opened.defer(() => void socket.close());
  return `127.0.0.1#${socket.address().port}`;
}

test('a link is a name that its container alone knows, and it goes where the other is now', async () => {
  const { world, join } = await worldWithFront();
  await join('database');
  const linked = await join('web', { networks: { front: { aliases: [], links: ['database:db'] } } });
  const other = await join('other');
  const [asWeb, asOther] = [await clientIn(world, pinOf(linked)), await clientIn(world, pinOf(other))];

  expect((await asWeb('db')).addresses).toEqual(['172.18.0.2']);
  expect((await asOther('db')).addresses).toEqual([]);
  await world.networks.leave(world.request('database').container);
  const again = await join('database');
  expect((await asWeb('db')).addresses).toEqual([again.endpoints[0]?.ipv4?.address]);
});

test('containers that share an alias are all told, each time another one first', async () => {
  const { world, join } = await worldWithFront();
  const shared = { networks: { front: { aliases: ['service'] } } };
  const joined = [await join('one', shared), await join('two', shared), await join('three', shared)];
  const client = await clientIn(world, pinOf(joined[0] ?? { namespacePath: undefined }));

  const answers = [await client('service'), await client('service.front'), await client('SERVICE')];

  expect(new Set(answers.map(({ addresses }) => addresses[0])).size).toBe(3);
  for (const { addresses } of answers) {
    expect([...addresses].sort()).toEqual(joined.map((sandbox) => sandbox.endpoints[0]?.ipv4?.address));
  }
});

test('an answer that a datagram does not hold is cut, and the client says how much that is', async () => {
  const { world, join } = await worldWithFront();
  const joined = await Promise.all(
    Array.from({ length: 40 }, (_, index) => join(`c${index}`, { networks: { front: { aliases: ['service'] } } })),
  );
  const client = await clientIn(world, pinOf(joined[0] ?? { namespacePath: undefined }));
  const takes = (bytes: number) => Buffer.from(`000029${bytes.toString(16).padStart(4, '0')}000000000000`, 'hex');

  expect(await client('service')).toMatchObject({ isCut: true, addresses: [] });
  expect(await client('service', takes(600))).toMatchObject({ isCut: true, addresses: [] });
  const whole = await client('service', takes(1232));
  expect(whole.isCut).toBe(false);
  expect(whole.addresses).toHaveLength(40);
});

test('a name server that fails or refuses is not the last to be asked', async () => {
  const { world, join } = await worldWithFront();
  const [failing, refusing, knowing] = [await upstream(2), await upstream(5), await upstream(0)];
  const lucky = await join('lucky', { dns: [failing, refusing, knowing] });
  const unlucky = await join('unlucky', { dns: [failing, refusing] });

  expect(await (await clientIn(world, pinOf(lucky)))('example.org')).toMatchObject({ code: 0, addresses: ['192.0.2.1'] });
  expect(await (await clientIn(world, pinOf(unlucky)))('example.org')).toMatchObject({ code: 2, addresses: [] });
});

test('a container of an internal network hears of the world when it joins one that is not', async () => {
  const { world, join } = await worldWithFront();
  const inner = { ...front, name: 'inner', isInternal: true };
  await world.networks.create(inner);
  const request = { networkMode: 'inner', dns: [await upstream(0)] };
  const client = await clientIn(world, pinOf(await join('web', request)));

  expect((await client('example.org')).code).toBe(2);
  await world.networks.connect(world.request('web', request), world.networks.find('front'), { aliases: [] });
  expect(await client('example.org')).toMatchObject({ code: 0, addresses: ['192.0.2.1'] });
  await world.networks.disconnect(world.request('web', request), world.networks.find('front'));
  expect((await client('example.org')).code).toBe(2);
});
