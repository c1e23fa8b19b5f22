import { readFile, stat } from 'node:fs/promises';
import { closedAfterEach, eventually, temporaryDirectory, unusedPort } from '@gantry/base/testing';
import {
  approveHost,
  createJoinCode,
  FleetSnapshot,
  getContainerHistory,
  getFleetHistory,
  getHostHistory,
  getFleet,
  getHost,
  getOverview,
  Host,
  History,
  listHosts,
  listJoinCodes,
  NewJoinCode,
  Overview,
  removeHost,
  revokeJoinCode,
  updateHost,
} from '@gantry/contract';
import type { ContainerReport } from '@gantry/engine-api';
import { hashInventory } from '@gantry/link';
import { startServer } from '../start-server.ts';
import {
  container,
  facts,
  openDatabaseOf,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
});
afterAll(() => server[Symbol.asyncDispose]());

async function newCode(body: object = {}): Promise<string> {
  return NewJoinCode.parse((await owner.call(createJoinCode, { body })).body).code;
}

async function join(body: object = {}, options: Parameters<typeof TestAgent.join>[2] = {}): Promise<TestAgent> {
  return opened.use(await TestAgent.join(server.url, await newCode(body), options));
}

async function host(id: string): Promise<Host> {
  return Host.parse((await owner.call(getHost, { params: { hostId: id } })).body);
}

async function rowsOf(id: string): Promise<FleetSnapshot['rows']> {
  return FleetSnapshot.parse((await owner.call(getFleet)).body).rows.filter((row) => row.host === id);
}

function tell(agent: TestAgent, upserts: ContainerReport[], gone: string[] = []): void {
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone } }));
}

test('a host joins with a code, is live, and shows its containers with what the owner may do', async () => {
  const agent = await join({ labels: { rack: 'a' } });
  agent.spool.append(() => ({ kind: 'host', body: { ...facts, hostname: 'host-b' } }));
  tell(agent, [
    container('a', { labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' } }),
    container('b', { state: 'exited', exit: { code: 137, isOutOfMemory: true, atMs: 5 } }),
  ]);

  await eventually(async () => expect(await rowsOf(agent.id)).toHaveLength(2));
  expect(await host(agent.id)).toMatchObject({
    name: 'host-a',
    status: 'active',
    link: 'live',
    labels: { rack: 'a' },
    facts: { hostname: 'host-b', cpus: 4 },
    containers: { total: 2, running: 1, trouble: 1 },
  });
  const [row] = await rowsOf(agent.id);
  expect(row).toMatchObject({ name: 'web-a', link: 'live', stack: { id: `${agent.id}/shop`, service: 'web', source: 'compose' } });
  expect(row?.can).toBeGreaterThan(0);
  const overview = Overview.parse((await owner.call(getOverview)).body);
  expect(overview.attention).toContainEqual({
    kind: 'container-out-of-memory',
    host: agent.id,
    container: 'b'.repeat(64),
    name: 'web-b',
    sinceMs: 5,
    exitCode: 137,
  });

  tell(agent, [container('a', { name: 'renamed', revision: 7 })], ['b'.repeat(64)]);
  await eventually(async () => expect(await rowsOf(agent.id)).toMatchObject([{ name: 'renamed', key: row?.key }]));
});

test('a code is good for one host, not after its hour, not after it was withdrawn', async () => {
  const code = await newCode();
  opened.use(await TestAgent.join(server.url, code));
  await expect(TestAgent.join(server.url, code)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('was used already') as string,
  });

  const withdrawn = await newCode();
  const [id = ''] = withdrawn.split('.');
  expect((await owner.call(revokeJoinCode, { params: { codeId: id } })).status).toBe(204);
  await expect(TestAgent.join(server.url, withdrawn)).rejects.toMatchObject({ code: 'unauthenticated' });

  const late = await newCode();
  await expire(late);
  await expect(TestAgent.join(server.url, late)).rejects.toMatchObject({ message: expect.stringContaining('has expired') as string });

  const [ofId, , pin = ''] = (await newCode()).split('.');
  await expect(TestAgent.join(server.url, [ofId, 'A'.repeat(32), pin].join('.'))).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('a code can let several in, and its list shows who came but never the secret', async () => {
  const code = await newCode({ uses: 2 });
  const agents = [opened.use(await TestAgent.join(server.url, code)), opened.use(await TestAgent.join(server.url, code))];

  const { body } = await owner.call(listJoinCodes);
  expect(body).toContainEqual(expect.objectContaining({ id: code.split('.')[0], usesLeft: 0, hosts: agents.map(({ id }) => id) }));
  expect(JSON.stringify(body)).not.toContain(code.split('.')[1]);
});

test('a host that needs approval is nothing but a waiting row until somebody approves it', async () => {
  const agent = await join({ needsApproval: true });
  tell(agent, [container('c')]);
  await eventually(async () => expect(await host(agent.id)).toMatchObject({ status: 'pending', link: 'live' }));
  expect(await rowsOf(agent.id)).toEqual([]);

  expect((await owner.call(approveHost, { params: { hostId: agent.id } })).status).toBe(200);
  await eventually(async () => expect(await rowsOf(agent.id)).toMatchObject([{ name: 'web-c' }]));
});

test('a removed host is cut off at once, its rows are gone, and its key is refused from then on', async () => {
  const downs: string[] = [];
  const agent = await join({}, { onDown: ({ message }) => downs.push(message) });
  tell(agent, [container('d')]);
  await eventually(async () => expect(await rowsOf(agent.id)).toHaveLength(1));

  expect((await owner.call(removeHost, { params: { hostId: agent.id } })).status).toBe(204);

  expect(await rowsOf(agent.id)).toEqual([]);
  expect((await owner.call(getHost, { params: { hostId: agent.id } })).status).toBe(404);
  await eventually(() => expect(downs.length).toBeGreaterThan(1));
  expect(downs[0]).toBe('this host was removed');
});

test('a host gets another name, and one that is not there is not found', async () => {
  const agent = await join();

  expect((await owner.call(updateHost, { params: { hostId: agent.id }, body: { name: 'db-1' } })).body).toMatchObject({ name: 'db-1' });
  const missing = { params: { hostId: '00000000-0000-4000-8000-000000000000' } };
  for (const row of [getHost, removeHost, approveHost]) expect((await owner.call(row, missing)).status).toBe(404);
});

test('an agent whose picture differs from the server’s is asked for all of it, and what it does not name any more is gone', async () => {
  let asked = 0;
  const agent = await join({}, { onResync: () => asked++ });
  tell(agent, [container('a'), container('b')]);
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'hash', hash: hashInventory([container('a'), container('b')]) } }));
  await eventually(async () => expect(await rowsOf(agent.id)).toHaveLength(2));
  expect(asked).toBe(0);

  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'hash', hash: 'other' } }));
  await eventually(() => expect(asked).toBe(1));
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'full', isFirst: true, isLast: false, upserts: [container('b')] } }));
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'full', isFirst: false, isLast: true, upserts: [container('e')] } }));
  await eventually(async () => expect((await rowsOf(agent.id)).map(({ name }) => name).sort()).toEqual(['web-b', 'web-e']));
});

test('numbers of every ten seconds make a history, and events come in the order of their time', async () => {
  const agent = await join();
  const startMs = Math.floor(Date.now() / 600_000) * 600_000 - 30_000;
  const numbers = { memoryBytes: 1, receiveBps: 2, sendBps: 3, readBps: 4, writeBps: 5, throttledPermille: 6, pids: 7 };
  for (let step = 0; step < 6; step++) {
    const containers = [{ id: 'a'.repeat(64), cpuPermille: step, ...numbers }];
    agent.spool.append(() => ({ kind: 'history', body: { atMs: startMs + step * 10_000, containers } }));
    agent.spool.append(() => ({
      kind: 'event',
      body: { type: 'container', action: `step-${step}`, actorId: 'a', attributes: { name: 'web' }, atMs: startMs + step },
    }));
  }
  const ask = { params: { hostId: agent.id, containerId: 'a'.repeat(64) }, query: `?fromMs=${startMs}&toMs=${startMs + 50_000}` };

  await eventually(async () => {
    const { atMs, series } = History.parse((await owner.call(getContainerHistory, ask)).body);
    expect(series['cpuPermille']).toEqual([0, 1, 2, 3, 4, 5]);
    expect(atMs).toEqual([0, 1, 2, 3, 4, 5].map((step) => startMs + step * 10_000));
    expect(series['pids']).toEqual([7, 7, 7, 7, 7, 7]);
  });
  await eventually(async () => {
    const { events } = Overview.parse((await owner.call(getOverview)).body);
    const actions = events.filter((event) => event.host === agent.id).map(({ action }) => action);
    expect(actions).toEqual([5, 4, 3, 2, 1, 0].map((step) => `step-${step}`));
  });
  expect((await owner.call(getContainerHistory, { ...ask, query: `?fromMs=0&toMs=${startMs}` })).status).toBe(400);
});

test('the machine’s own numbers make a history of the host, and of all hosts together', async () => {
  const agent = await join();
  const startMs = Math.floor(Date.now() / 600_000) * 600_000 - 30_000;
  const numbers = {
    memoryTotalBytes: 100,
    diskUsedBytes: 1,
    diskTotalBytes: 2,
    receiveBps: 3,
    sendBps: 4,
    readBps: 5,
    writeBps: 6,
    load1: 0,
  };
  for (let step = 0; step < 6; step++) {
    const atMs = startMs + step * 10_000;
    const host = { cpuPermille: 100 * step, memoryBytes: 40 + step, ...numbers };
    agent.spool.append(() => ({ kind: 'history', body: { atMs, host, containers: [] } }));
  }
  const query = `?fromMs=${startMs}&toMs=${startMs + 50_000}`;

  await eventually(async () => {
    const { atMs, series } = History.parse((await owner.call(getHostHistory, { params: { hostId: agent.id }, query })).body);
    expect(series).toMatchObject({ cpuPermille: [0, 100, 200, 300, 400, 500], memoryBytes: [40, 41, 42, 43, 44, 45] });
    expect(atMs.map((at) => at - startMs)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
  });
  const together = History.parse((await owner.call(getFleetHistory, { query })).body);
  expect(together.atMs.length).toBeGreaterThan(4);
  expect(together.series['memoryTotalBytes']?.every((total) => (total ?? 0) > 0)).toBe(true);
  expect((await owner.call(getFleetHistory, { query: `?fromMs=0&toMs=${startMs}` })).status).toBe(400);
});

test('the agent of this machine finds a code in a private file until it has joined, and its containers outlive a restart of the server', async () => {
  const { path: directory } = opened.use(await temporaryDirectory());
  const localJoinCodeFile = `${directory}/run2/join-code`;
  const roots = { dataRoot: `${directory}/data2`, runRoot: `${directory}/run2` };
  const first = await startTestServer({ localJoinCodeFile, ...roots, port: await unusedPort() });
  expect((await stat(localJoinCodeFile)).mode & 0o777).toBe(0o600);

  const agent = opened.use(await TestAgent.join(first.url, await readFile(localJoinCodeFile, 'utf8')));
  await eventually(() => expect(stat(localJoinCodeFile)).rejects.toThrow(/ENOENT/));
  const firstOwner = await setUp(first);
  tell(agent, [container('f')]);
  await eventually(async () => expect(FleetSnapshot.parse((await firstOwner.call(getFleet)).body).rows).toHaveLength(1));
  const { port } = new URL(first.url);
  await first[Symbol.asyncDispose]();

  opened.use(await startServer({ ...first.config, port: Number(port) }));
  await expect(stat(localJoinCodeFile)).rejects.toThrow(/ENOENT/);
  const again = (await firstOwner.call(listHosts)).body;
  expect(again).toMatchObject([{ id: agent.id, containers: { total: 1 } }]);
  await eventually(async () => expect((await firstOwner.call(listHosts)).body).toMatchObject([{ link: 'live' }]));
});

async function expire(code: string): Promise<void> {
  await using database = await openDatabaseOf(server);
  const id = code.split('.')[0] ?? '';
  await database.prisma.joinCode.update({ where: { id }, data: { expiresAt: new Date(0) } });
}
