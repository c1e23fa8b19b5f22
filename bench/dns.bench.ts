// Claims: while containers ask the engine's name server 5,000 questions a second, all are answered and the 99th percentile of other calls of the API stays
// under 20 ms; a question costs the engine no more processor time than it costs dockerd. Both are asked in the same run, in turn. Words: name of the bench,
// seconds, questions a second.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { dockerProcesses, nativeProcesses, ranMs } from './processes.ts';
import { type Contender, createContainer, quantile, removeAll, startNative, startPeer, timed } from './side-by-side.ts';

const seconds = Number(process.argv[3] ?? 10);
const perSecond = Number(process.argv[4] ?? 5000);
const askers = 5;
const rounds = 4;

/** Asks at an even pace inside the namespace that it is started in, and tells how many were sent and answered. */
const asker = `
import { createSocket } from 'node:dgram';
const [, perSecond, seconds] = process.argv.map(Number);
const name = Buffer.from('0377656200', 'hex');
const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
let sent = 0, answered = 0;
const since = new Map(), times = [];
socket.on('message', (message) => { answered++; times.push(performance.now() - since.get(message.readUInt16BE(0))); });
const start = performance.now();
const pace = setInterval(() => {
  const due = Math.min(perSecond * seconds, Math.floor((performance.now() - start) * perSecond / 1000));
  for (; sent < due; sent++) {
    const head = Buffer.from('000001000001000000000000', 'hex');
    head.writeUInt16BE(sent & 0xffff);
    since.set(sent & 0xffff, performance.now());
    socket.send(Buffer.concat([head, name, Buffer.from('00010001', 'hex')]), 53, '127.0.0.11');
  }
  if (sent < perSecond * seconds) return;
  clearInterval(pace);
  setTimeout(() => {
    times.sort((one, other) => one - other);
    console.log(JSON.stringify({ sent, answered, p50: times[times.length >> 1], p99: times[Math.floor(0.99 * times.length)] }));
    process.exit();
  }, 1000);
}, 1);
console.log('asking');`;

interface Told {
  readonly sent: number;
  readonly answered: number;
  readonly p50: number;
  readonly p99: number;
}

async function startAsker(pin: string): Promise<{ readonly child: ChildProcess; readonly told: Promise<Told> }> {
  const words = [process.execPath, '--input-type=module', '-e', asker, String(perSecond / askers), String(seconds)];
  const child = spawn('nsenter', [`--net=${pin}`, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  await once(lines, 'line');
  const told = once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Told);
  return { child, told };
}

/** Calls in turn, as a person and a dashboard would, until told to stop. */
async function callUntil(client: Contender['client'], id: string, signal: AbortSignal): Promise<number[]> {
  const calls = [
    () => client.call('ContainerInspect', { path: { id } }),
    () => client.call('ContainerList', {}),
    () => client.call('NetworkList', {}),
    () => client.call('SystemPing', {}),
  ];
  const times: number[] = [];
  for (let index = 0; !signal.aborted; index++) {
    const { ms } = await timed(async () => (await calls[index % calls.length]?.())?.text());
    times.push(ms);
    await delay(5);
  }
  return times;
}

interface Server extends Contender {
  readonly name: 'native' | 'dockerd';
  /** The namespaces of its askers. */
  readonly pins: readonly string[];
  readonly first: string;
  readonly processes: () => number[];
}

/** Five containers that share the name that is asked for. */
async function prepared(
  { client, socketPath }: Contender,
  { name, pinOf, processes }: Pick<Server, 'name' | 'processes'> & { readonly pinOf: (id: string, pid: number) => string },
): Promise<Server> {
  await client.call('NetworkCreate', { body: { Name: 'front' } });
  const pins: string[] = [];
  const ids: string[] = [];
  for (let index = 0; index < askers; index++) {
    const id = await createContainer(client, {
      Image: 'busybox',
      Cmd: ['sleep', '600'],
      HostConfig: { NetworkMode: 'front' },
      NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['web'] } } },
    });
    await client.call('ContainerStart', { path: { id } });
    const { State } = await (await client.call('ContainerInspect', { path: { id } })).json<{ State: { Pid: number } }>();
    ids.push(id);
    pins.push(pinOf(id, State.Pid));
  }
  const [first = ''] = ids;
  return { client, socketPath, name, pins, first, processes };
}

interface Load {
  readonly told: readonly Told[];
  readonly calls: readonly number[];
  /** Processor time of the engine for a thousand questions; calls of the API are in it where there were any. */
  readonly msPerThousand: number;
}

async function load(server: Server, isCalled: boolean): Promise<Load> {
  const before = ranMs(server.processes());
  const running = await Promise.all(server.pins.map(startAsker));
  const stop = new AbortController();
  const calling = isCalled ? callUntil(server.client, server.first, stop.signal) : Promise.resolve([]);
  const told = await Promise.all(running.map((each) => each.told));
  stop.abort();
  const calls = await calling;
  const answered = sum(told.map((each) => each.answered));
  return { told, calls, msPerThousand: (ranMs(server.processes()) - before) / (answered / 1000) };
}

const sum = (list: readonly number[]): number => list.reduce((one, other) => one + other, 0);
const slowest = (told: readonly Told[], at: 'p50' | 'p99'): string => Math.max(...told.map((each) => each[at])).toFixed(2);

await using native = await startNative();
await using dockerd = await startPeer();
const inside = /^--net=(.*)\/ns\/net$/.exec(dockerd.enter[1] ?? '')?.[1] ?? '';
const servers = [
  await prepared(native, {
    name: 'native',
    pinOf: (id) => join(native.roots.run, 'engine/e', id),
    processes: () => nativeProcesses(native.root),
  }),
  await prepared(dockerd, {
    name: 'dockerd',
    pinOf: (_, pid) => `${inside}/root/proc/${pid}/ns/net`,
    processes: () => dockerProcesses(dockerd.enter),
  }),
];
const rows: Record<string, object> = {};
const cost: Record<string, number[]> = { native: [], dockerd: [] };
for (const server of servers) {
  const quiet = await callUntil(server.client, server.first, AbortSignal.timeout(seconds * 500));
  rows[`${server.name}: calls, quiet`] = { n: quiet.length, p50: quantile(quiet, 0.5).toFixed(2), p99: quantile(quiet, 0.99).toFixed(2) };
}
for (let round = 0; round < rounds; round++) {
  for (const server of round % 2 === 0 ? servers : servers.toReversed()) cost[server.name]?.push((await load(server, false)).msPerThousand);
}
for (const server of servers) {
  const { told, calls } = await load(server, true);
  const [sent, answered] = [sum(told.map((each) => each.sent)), sum(told.map((each) => each.answered))];
  rows[`${server.name}: calls, ${perSecond} questions a second`] = {
    n: calls.length,
    p50: quantile(calls, 0.5).toFixed(2),
    p99: quantile(calls, 0.99).toFixed(2),
  };
  rows[`${server.name}: answers (the slowest asker)`] = {
    n: `${answered} of ${sent}`,
    p50: slowest(told, 'p50'),
    p99: slowest(told, 'p99'),
  };
}
console.log('milliseconds');
console.table(rows);
const [ours, theirs] = [quantile(cost['native'] ?? [], 0.5), quantile(cost['dockerd'] ?? [], 0.5)];
console.log(
  `processor time of the engine for 1,000 questions: native ${ours.toFixed(1)} ms, dockerd ${theirs.toFixed(1)} ms,`,
  `ratio ${(ours / theirs).toFixed(2)}`,
);
for (const { client } of servers) {
  await removeAll(client);
  await client.call('NetworkDelete', { path: { id: 'front' } });
}
