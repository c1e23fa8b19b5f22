// Claim: what containers send each other and what comes by published ports goes at least as fast as with dockerd. One TCP connection with plain sockets at a
// time, then datagrams of 1400 bytes as fast as one program sends them (of which what arrives counts), both engines in the same run, in turn; told are
// milliseconds for a GiB, so that less is better. Words: name of the bench, seconds a transfer, rounds.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Contender, createContainer, record, removeAll, startNative, startPeer, tell, type Times } from './side-by-side.ts';

const seconds = Number(process.argv[3] ?? 2);
const rounds = Number(process.argv[4] ?? 5);
const port = 5201;
const hostPort = 45_201;

/** Takes what comes, and for each connection, or series of datagrams, tells bytes and milliseconds from the first to the last of them. */
const receiver = `
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
const datagrams = createSocket({ type: 'udp6', recvBufferSize: 1 << 22 });
let got = 0, first = 0, last = 0;
datagrams.on('message', ({ length }) => { last = performance.now(); first ||= last; got += length; });
setInterval(() => {
  if (got === 0 || performance.now() - last < 500) return;
  console.log(JSON.stringify({ bytes: got, ms: last - first }));
  got = first = 0;
}, 100);
datagrams.bind(${port}, '::');
const server = createServer({ pauseOnConnect: true });
server.on('connection', (socket) => {
  let bytes = 0, since = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => { since ||= performance.now(); bytes += chunk.length; });
  socket.on('close', () => console.log(JSON.stringify({ bytes, ms: performance.now() - since })));
  socket.resume();
});
server.listen(${port}, '::', () => console.log('listening'));`;

/** Sends as fast as it may for some seconds. */
const sender = `
import { connect } from 'node:net';
const [, host, port, seconds] = process.argv;
const chunk = Buffer.alloc(1 << 18, 'x');
const socket = connect(Number(port), host);
const until = performance.now() + Number(seconds) * 1000;
const send = () => {
  while (performance.now() < until) if (!socket.write(chunk)) return;
  socket.end();
};
socket.on('connect', send);
socket.on('drain', send);
socket.on('error', (error) => { console.error(error.message); process.exitCode = 1; });`;

/** Sends datagrams for some seconds, a few at a time on their way to the kernel. */
const datagramSender = `
import { createSocket } from 'node:dgram';
const [, host, port, seconds] = process.argv;
const datagram = Buffer.alloc(1400, 'x');
const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
const until = performance.now() + Number(seconds) * 1000;
let under = 0;
const send = () => {
  for (; under < 64 && performance.now() < until; under++) socket.send(datagram, Number(port), host, sent);
  if (under === 0) socket.close();
};
const sent = () => { under--; send(); };
send();`;

type Program = ChildProcessByStdio<null, Readable, null>;

function inside(enter: readonly string[], program: string, words: readonly string[] = []): Program {
  const [command = '', ...rest] = [...enter, process.execPath, '--input-type=module', '-e', program, ...words];
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

interface Target {
  readonly host: string;
  readonly port: number;
  /** TCP unless it says so. */
  readonly isUdp?: boolean;
}

interface Side {
  readonly engine: 'native' | 'dockerd';
  readonly client: Contender['client'];
  /** Before the words of a program that is to run on the engine's host, or in a container. */
  readonly host: readonly string[];
  readonly neighbour: readonly string[];
  readonly address: string;
  readonly gateway: string;
  readonly told: Interface;
  readonly receiver: Program;
}

interface Inspected {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: { readonly IPAddress: string; readonly Gateway: string };
}

async function openSide(
  engine: Side['engine'],
  { client }: Contender,
  { host, pinOf }: { readonly host: readonly string[]; readonly pinOf: (id: string, pid: number) => string },
): Promise<Side> {
  const start = async (HostConfig: object): Promise<{ enter: string[]; network: Inspected['NetworkSettings'] }> => {
    const ExposedPorts = { [`${port}/tcp`]: {}, [`${port}/udp`]: {} };
    const id = await createContainer(client, { Image: 'busybox', Cmd: ['sleep', '3600'], HostConfig, ExposedPorts });
    await client.call('ContainerStart', { path: { id } });
    const { State, NetworkSettings } = await (await client.call('ContainerInspect', { path: { id } })).json<Inspected>();
    return { enter: ['nsenter', `--net=${pinOf(id, State.Pid)}`], network: NetworkSettings };
  };
  const taking = await start({
    PortBindings: Object.fromEntries(['tcp', 'udp'].map((kind) => [`${port}/${kind}`, [{ HostPort: String(hostPort) }]])),
  });
  const neighbour = await start({});
  const program = inside(taking.enter, receiver);
  const told = createInterface(program.stdout);
  await once(told, 'line');
  const { IPAddress: address, Gateway: gateway } = taking.network;
  return { engine, client, host, neighbour: neighbour.enter, address, gateway, told, receiver: program };
}

/** Milliseconds for a GiB. */
async function transfer({ told, engine }: Side, enter: readonly string[], to: Target): Promise<number> {
  const counted = once(told, 'line');
  const [code] = (await once(
    inside(enter, to.isUdp === true ? datagramSender : sender, [to.host, String(to.port), String(seconds)]),
    'exit',
  )) as [number];
  if (code !== 0) throw new Error(`nothing goes to ${to.host}:${to.port} of ${engine}`);
  const { bytes, ms } = JSON.parse(String((await counted)[0])) as { bytes: number; ms: number };
  return ms / (bytes / 2 ** 30);
}

await using native = await startNative();
await using dockerd = await startPeer();
const root = /^--net=(.*)\/ns\/net$/.exec(dockerd.enter[1] ?? '')?.[1] ?? '';
const sides = [
  await openSide('native', native, { host: ['env'], pinOf: (id) => join(native.roots.run, 'engine/e', id) }),
  await openSide('dockerd', dockerd, { host: dockerd.enter, pinOf: (_, pid) => `${root}/root/proc/${pid}/ns/net` }),
];
const ways: Record<string, (side: Side) => Promise<number>> = {
  'container to container': (side) => transfer(side, side.neighbour, { host: side.address, port }),
  'a neighbour by the published port': (side) => transfer(side, side.neighbour, { host: side.gateway, port: hostPort }),
  'the host by its address': (side) => transfer(side, side.host, { host: side.gateway, port: hostPort }),
  'the host by 127.0.0.1': (side) => transfer(side, side.host, { host: '127.0.0.1', port: hostPort }),
  'the host by [::1]': (side) => transfer(side, side.host, { host: '::1', port: hostPort }),
  'container to container, udp': (side) => transfer(side, side.neighbour, { host: side.address, port, isUdp: true }),
  'a neighbour by the published port, udp': (side) => transfer(side, side.neighbour, { host: side.gateway, port: hostPort, isUdp: true }),
  'the host by its address, udp': (side) => transfer(side, side.host, { host: side.gateway, port: hostPort, isUdp: true }),
  'the host by 127.0.0.1, udp': (side) => transfer(side, side.host, { host: '127.0.0.1', port: hostPort, isUdp: true }),
};
const times: Times = {};
for (let round = 0; round < rounds; round++) {
  for (const [name, way] of Object.entries(ways)) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) record(times, name, { engine: side.engine, ms: await way(side) });
  }
}
console.log('milliseconds for a GiB, medians');
await tell('network-throughput', times);
for (const { receiver: program, client } of sides) {
  program.kill();
  await removeAll(client);
}
