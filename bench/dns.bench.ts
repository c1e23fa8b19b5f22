// Claim: while containers ask the engine's name server 5,000 questions a second, all are answered and the 99th percentile of other calls of the API stays
// under 20 ms. Words: name of the bench, seconds, questions a second.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { type Contender, createContainer, quantile, removeAll, startNative, timed } from './side-by-side.ts';

const seconds = Number(process.argv[3] ?? 10);
const perSecond = Number(process.argv[4] ?? 5000);
const askers = 5;

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

await using native = await startNative();
const { client, roots } = native;
await client.call('NetworkCreate', { body: { Name: 'front' } });
const HostConfig = { NetworkMode: 'front' };
const ids: string[] = [];
for (let index = 0; index < askers; index++) {
  const id = await createContainer(client, {
    Image: 'busybox',
    Cmd: ['sleep', '600'],
    HostConfig,
    NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['web'] } } },
  });
  await client.call('ContainerStart', { path: { id } });
  ids.push(id);
}
const [first = ''] = ids;
const quiet = await callUntil(client, first, AbortSignal.timeout(seconds * 500));
const running = await Promise.all(ids.map((id) => startAsker(join(roots.run, 'engine/e', id))));
const stop = new AbortController();
const calling = callUntil(client, first, stop.signal);
const told = await Promise.all(running.map((each) => each.told));
stop.abort();
const busy = await calling;
const sum = (list: readonly number[]): number => list.reduce((one, other) => one + other, 0);

console.table({
  quiet: { calls: quiet.length, p50: quantile(quiet, 0.5).toFixed(2), p99: quantile(quiet, 0.99).toFixed(2) },
  [`${perSecond} questions a second`]: { calls: busy.length, p50: quantile(busy, 0.5).toFixed(2), p99: quantile(busy, 0.99).toFixed(2) },
});
console.log(
  `asked ${sum(told.map(({ sent }) => sent))}, answered ${sum(told.map(({ answered }) => answered))}; an answer takes`,
  `${Math.max(...told.map(({ p50 }) => p50)).toFixed(2)} ms, p99 ${Math.max(...told.map(({ p99 }) => p99)).toFixed(2)} ms (the slowest asker)`,
);
await removeAll(client);
await client.call('NetworkDelete', { path: { id: 'front' } });
