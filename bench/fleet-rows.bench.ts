// Claim: 10,000 rows on eight hosts, 200 of which change each second, cost the server at most 15 % of a core and each of 50 open pages in eight audiences at most
// 60 KB a second; each page watches 40 rows. The built server as it is shipped with its own database; agents and pages are this process. Words: name of the bench,
// seconds (30). It is busy for twice as long: with 300 and more it tells whether the memory stays flat, and fails where it grows.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  browserNamespace,
  browserSocket,
  createGrant,
  createJoinCode,
  FleetSnapshot,
  getFleet,
  getMe,
  Me,
  NewJoinCode,
} from '@gantry/contract';
import type { ContainerReport } from '@gantry/engine-api';
import { io, type Socket } from 'socket.io-client';
import { container, TestAgent } from '../apps/server/src/testing/agent.ts';
import type { TestBrowser } from '../apps/server/src/testing/browser.ts';
import { addPerson, setUp } from '../apps/server/src/testing/people.ts';
import type { TestServer } from '../apps/server/src/testing/start-test-server.ts';
import { megabytes, ranMs } from './processes.ts';
import { type Reading, tellSteadiness } from './steadiness.ts';

const seconds = Number(process.argv[3] ?? 30);
const [hosts, rowsPerHost, audiences, pages, watched, changesPerSecond] = [8, 1250, 8, 50, 40, 200];
const main = fileURLToPath(new URL('../apps/server/dist/main.js', import.meta.url));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Started extends AsyncDisposable {
  readonly server: TestServer;
  readonly pid: number;
}

async function startServer(): Promise<Started> {
  await using undo = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  undo.defer(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o711);
  const env = {
    ...process.env,
    ...{
      GANTRY_DATA_ROOT: join(root, 'data'),
      GANTRY_RUN_ROOT: join(root, 'run'),
      GANTRY_LISTEN: '127.0.0.1',
      GANTRY_PORT: '0',
      GANTRY_TLS: 'off',
    },
    NODE_OPTIONS: '',
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  undo.defer(() => ended(child));
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as { event: string; url: string; setupCode: string };
    if (said.event !== 'listening') continue;
    const opened = undo.move();
    return { server: said as unknown as TestServer, pid: child.pid ?? 0, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  }
  throw new Error('the server ended without listening');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

const idOf = (host: number, row: number): string => (host * rowsPerHost + row + 0x1000).toString(16).padStart(64, 'c');

function report(host: number, row: number, revision: number): ContainerReport {
  return container('a', {
    ...{ id: idOf(host, row), name: `shop-api-${host}-${row}`, revision, observedAtMs: Date.now(), createdAtMs: Date.now() - 86_400_000 },
    ...{
      startedAtMs: Date.now() - revision,
      restarts: revision % 3,
      labels: { 'com.docker.compose.project': `stack-${row % 60}`, tier: 'web' },
    },
    ports: [{ address: '0.0.0.0', hostPort: 20_000 + row, containerPort: 80, protocol: 'tcp' }],
    networks: [{ name: `stack-${row % 60}_default`, ipv4: `172.20.${row >> 8}.${row & 255}` }],
  });
}

/** Whole numbers, memory in pages: as an agent counts. */
const upTo = (most: number): number => Math.floor(Math.random() * most);
const sampleOf = (id: string): object => ({
  ...{ id, cpuPermille: upTo(300), memoryBytes: 4096 * upTo(122_000), receiveBps: upTo(100_000), sendBps: upTo(100_000) },
  ...{ readBps: 0, writeBps: 0, throttledPermille: 0, pids: 12 },
});
const hostLoad = {
  ...{ cpuPermille: 400, memoryBytes: 6e9, memoryTotalBytes: 16e9, diskUsedBytes: 1e11, diskTotalBytes: 4e11 },
  ...{ readBps: 1e6, writeBps: 1e6, receiveBps: 1e6, sendBps: 1e6, load1: 2 },
};

/** An agent that reports as one does: what is watched each second, everything every ten. */
async function startAgent(url: string, code: string, host: number): Promise<TestAgent & { tick: (second: number) => void }> {
  let watchedIds: readonly string[] = [];
  const agent = await TestAgent.join(url, code, { onWatch: (ids) => (watchedIds = ids) });
  for (let from = 0; from < rowsPerHost; from += 250) {
    const upserts = Array.from({ length: Math.min(250, rowsPerHost - from) }, (_, index) => report(host, from + index, 1));
    agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  }
  const tick = (second: number): void => {
    const share = changesPerSecond / hosts;
    const upserts = Array.from({ length: share }, (_, index) => report(host, (second * share + index) % rowsPerHost, second + 2));
    agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
    const ids = second % 10 === host % 10 ? Array.from({ length: rowsPerHost }, (_, row) => idOf(host, row)) : watchedIds;
    agent.link.sendSamples({ atMs: Date.now(), host: hostLoad, containers: ids.map(sampleOf) } as Parameters<
      typeof agent.link.sendSamples
    >[0]);
  };
  return Object.assign(agent, { tick });
}

/** Somebody who sees all hosts but one: as many audiences as people. */
async function personOf(owner: TestBrowser, agents: readonly TestAgent[], without: number): Promise<TestBrowser> {
  const person = await addPerson(owner, `person-${without}`);
  const { id } = Me.parse((await person.call(getMe)).body);
  for (const [index, agent] of agents.entries()) {
    if (index === without) continue;
    const body = { subject: { kind: 'user', id }, role: 'operator', scope: { kind: 'host', host: agent.id } };
    const { status } = await owner.call(createGrant, { body });
    if (status !== 201) throw new Error(`the grant answered ${status}`);
  }
  return person;
}

async function openPage(person: TestBrowser, index: number): Promise<Socket> {
  const { rows } = FleetSnapshot.parse((await person.call(getFleet)).body);
  const socket = io(`${person.url}${browserNamespace}`, { transports: ['websocket'], forceNew: true, extraHeaders: person.headers });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  const keys = rows.slice(index * watched, (index + 1) * watched).map(({ key }) => key);
  socket.emit(browserSocket.watch.event, { keys, hosts: [] });
  return socket;
}

/** What came over the wire, compressed as it was. */
function bytesRead({ io: manager }: Socket): number {
  const { ws } = manager.engine.transport as unknown as { ws: { _socket: { bytesRead: number } } };
  return ws._socket.bytesRead;
}

await using undo = new AsyncDisposableStack();
const { server, pid } = undo.use(await startServer());
const owner = await setUp(server);
const agents: Awaited<ReturnType<typeof startAgent>>[] = [];
for (let host = 0; host < hosts; host++) {
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agents.push(undo.use(await startAgent(server.url, code, host)));
}
while (FleetSnapshot.parse((await owner.call(getFleet)).body).rows.length < hosts * rowsPerHost) await pause(500);
const people: TestBrowser[] = [];
for (let index = 0; index < audiences; index++) people.push(await personOf(owner, agents, index));
const sockets: Socket[] = [];
for (let index = 0; index < pages; index++) sockets.push(await openPage(people[index % audiences] as TestBrowser, index));
undo.defer(() => sockets.forEach((socket) => socket.disconnect()));

let busySinceMs = 0;
const resident: Reading[] = [];

const measure = async (isBusy: boolean): Promise<{ cores: number; kilobytes: number; megabytes: number }> => {
  const before = sockets.map(bytesRead);
  const [cpuMs, atMs] = [ranMs([pid]), performance.now()];
  for (let second = 0; second < seconds; second++) {
    if (isBusy) for (const agent of agents) agent.tick(second);
    if (isBusy && second % 10 === 0) resident.push({ atMs: performance.now() - busySinceMs, value: Math.round(megabytes([pid], 'Rss')) });
    await pause(Math.max(0, atMs + (second + 1) * 1000 - performance.now()));
  }
  const elapsed = (performance.now() - atMs) / 1000;
  const read = sockets.map((socket, index) => bytesRead(socket) - (before[index] ?? 0));
  return {
    cores: Math.round(((ranMs([pid]) - cpuMs) / 10 / elapsed) * 10) / 10,
    kilobytes: Math.round((Math.max(...read) / 1000 / elapsed) * 10) / 10,
    megabytes: Math.round(megabytes([pid], 'Rss')),
  };
};
const idle = await measure(false);
busySinceMs = performance.now();
const busy = await measure(true);
const later = await measure(true);
const said = ({ cores, kilobytes, megabytes: rss }: typeof idle): object => ({
  ...{ '% of a core': cores, 'KB/s of the busiest page': kilobytes, 'MB resident at the end': rss },
});
console.table({
  'nothing changes': said(idle),
  [`${changesPerSecond} rows a second`]: { ...said(busy), meant: '15 %, 60 KB/s' },
  'as long again': { ...said(later), meant: 'memory flat' },
});
console.log(JSON.stringify({ idle, busy, later, resident: resident.map(({ value }) => value) }));
tellSteadiness('resident memory of the server', 'MB', resident);
