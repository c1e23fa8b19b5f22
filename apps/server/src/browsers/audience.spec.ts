import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  browserNamespace,
  browserSocket,
  createGrant,
  createJoinCode,
  FleetMessage,
  getFleet,
  FleetSnapshot,
  getMe,
  Me,
  NewJoinCode,
  removeHost,
  revokeGrant,
  updateHost,
} from '@gantry/contract';
import { io, type Socket } from 'socket.io-client';
import {
  addPerson,
  container,
  heardBy,
  keysOf,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let person: TestBrowser;
let own: TestAgent;
let other: TestAgent;
let grant: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  [own, other] = [await join(), await join()];
  person = await addPerson(owner, 'mia');
  const { id } = Me.parse((await person.call(getMe)).body);
  const subject = { kind: 'user', id };
  const { body } = await owner.call(createGrant, { body: { subject, role: 'viewer', scope: { kind: 'host', host: own.id } } });
  grant = (body as { id: string }).id;
  tell(own, 'mine-a', 'a');
  tell(other, 'foreign-b', 'b');
  await eventually(async () => expect(FleetSnapshot.parse((await owner.call(getFleet)).body).rows).toHaveLength(2));
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function join(): Promise<TestAgent> {
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  return TestAgent.join(server.url, code);
}

/** Somebody who views what the selector means. */
async function viewerOf(name: string, selector: string): Promise<TestBrowser> {
  const browser = await addPerson(owner, name);
  const { id } = Me.parse((await browser.call(getMe)).body);
  const body = { subject: { kind: 'user', id }, role: 'viewer', scope: { kind: 'labels', selector } };
  expect((await owner.call(createGrant, { body })).status).toBe(201);
  return browser;
}

function tell(agent: TestAgent, name: string, digit: string): void {
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container(digit, { name })], gone: [] } }));
  const event = { type: 'container', action: 'start', actorId: digit.repeat(64), attributes: { name }, atMs: 5 };
  agent.spool.append(() => ({ kind: 'event', body: event }));
}

const numbers = { cpuPermille: 7, memoryBytes: 1, receiveBps: 0, sendBps: 0, readBps: 0, writeBps: 0, throttledPermille: 0, pids: 1 };

async function openPage(browser = person): Promise<{ socket: Socket; heard: [string, unknown][] }> {
  const socket = io(`${server.url}${browserNamespace}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: browser.headers,
  });
  opened.defer(() => void socket.disconnect());
  const heard: [string, unknown][] = [];
  socket.onAny((event: string, payload: unknown) => heard.push([event, payload]));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return { socket, heard };
}

const fleetOf = (heard: readonly [string, unknown][]): FleetMessage[] =>
  heard.filter(([event]) => event === browserSocket.fleet.event).map(([event, payload]) => FleetMessage.parse(heardBy(event, payload)));

test('a page of somebody with one host hears of that host, and no byte of another: rows, numbers, events, hosts, what is gone', async () => {
  const rows = FleetSnapshot.parse((await owner.call(getFleet)).body).rows;
  const keyOf = (name: string): number => rows.find((row) => row.name === name)?.key ?? -1;
  const { socket, heard } = await openPage();
  socket.emit(browserSocket.watch.event, { keys: rows.map(({ key }) => key), hosts: [own.id, other.id] });

  const sending = setInterval(() => {
    for (const [agent, digit] of [
      [own, 'a'],
      [other, 'b'],
    ] as const)
      agent.link.sendSamples({ atMs: Date.now(), containers: [{ id: digit.repeat(64), ...numbers }] });
  }, 200);
  opened.defer(() => clearInterval(sending));
  tell(other, 'foreign-c', 'c');
  await owner.call(updateHost, { params: { hostId: other.id }, body: { name: 'foreign-host' } });
  other.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [], gone: ['b'.repeat(64)] } }));
  tell(own, 'mine-d', 'd');
  own.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [], gone: ['a'.repeat(64)] } }));

  await eventually(() => {
    expect(fleetOf(heard).flatMap(({ gone }) => gone)).toEqual([keyOf('mine-a')]);
    expect(JSON.stringify(fleetOf(heard))).toContain('mine-d');
    expect(heard.map(([event]) => event)).toContain(browserSocket.events.event);
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const text = JSON.stringify(heard.map(([event, payload]) => [event, heardBy(event, payload)]));
  for (const foreign of ['foreign', other.id, 'b'.repeat(64), 'c'.repeat(64)]) expect(text).not.toContain(foreign);
  const keys = heard
    .filter(([event]) => event === browserSocket.samples.event)
    .flatMap(([event, payload]) => keysOf(heardBy(event, payload)));
  expect(keys).not.toContain(keyOf('foreign-b'));
});

test('of a row that is known only what has changed is told; what is large comes packed, and holds no more than what is small', async () => {
  const { heard } = await openPage();
  const before = FleetSnapshot.parse((await person.call(getFleet)).body);
  const [known] = before.rows;
  const [, digit = ''] = known?.name.split('-') ?? [];
  const many = (agent: TestAgent, name: string): void => {
    const upserts = Array.from({ length: 30 }, (_, index) =>
      container('e', { id: `${index}`.padStart(64, 'e'), name: `${name}-${index}` }),
    );
    agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  };
  const change = { name: known?.name ?? '', restarts: 4, health: 'unhealthy', revision: 2 } as const;
  own.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container(digit, change)], gone: [] } }));
  await eventually(() =>
    expect(fleetOf(heard).flatMap(({ changes }) => changes)).toEqual([{ key: known?.key, restarts: 4, health: 'unhealthy', revision: 2 }]),
  );

  many(other, 'foreign');
  many(own, 'mine');
  await eventually(() => expect(fleetOf(heard).flatMap(({ upserts }) => upserts)).toHaveLength(30));
  expect(heard.some(([event, payload]) => event === browserSocket.fleet.event && Buffer.isBuffer(payload))).toBe(true);
  const told = fleetOf(heard);
  expect(JSON.stringify(told)).not.toContain('foreign');
  expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => before.sequence + 1 + index));
});

test('what was on a host that is removed is decided by what the host was: nobody else sees it, and whose it was hear that it is gone', async () => {
  const doomed = opened.use(await join());
  const [outside, inside] = [await viewerOf('ann', 'tier=web,env!=prod'), await viewerOf('bob', 'env=prod')];
  expect((await owner.call(updateHost, { params: { hostId: doomed.id }, body: { labels: { env: 'prod' } } })).status).toBe(200);
  const upserts = ['f', '9'].map((digit) => container(digit, { name: `doomed-${digit}`, labels: { tier: 'web' } }));
  doomed.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  const rowsOf = async (browser: TestBrowser): Promise<FleetSnapshot['rows']> =>
    FleetSnapshot.parse((await browser.call(getFleet)).body).rows.filter(({ name }) => name.startsWith('doomed'));
  await eventually(async () => expect(await rowsOf(inside)).toHaveLength(2));
  const keys = (await rowsOf(inside)).map(({ key }) => key);
  const pages = await Promise.all([outside, inside].map(openPage));

  expect((await owner.call(removeHost, { params: { hostId: doomed.id } })).status).toBe(204);
  const seen = [];
  for (let asked = 0; asked < 10; asked++) seen.push(await rowsOf(outside), await rowsOf(owner));
  expect(seen.flat()).toEqual([]);
  await eventually(() => expect(pages.map(({ heard }) => fleetOf(heard).flatMap(({ gone }) => gone))).toEqual([[], keys]));
});

test('the snapshot comes compressed, and somebody whose grant has ended gets none of what was made for it', async () => {
  const { body, headers } = await person.call(getFleet);
  expect(headers.get('content-encoding')).toBe('gzip');
  expect(FleetSnapshot.parse(body).rows.length).toBeGreaterThan(30);
  const plain = await person.call(getFleet, { headers: { 'accept-encoding': 'identity' } });
  expect([plain.headers.get('content-encoding'), FleetSnapshot.parse(plain.body).rows.length]).toEqual([
    null,
    FleetSnapshot.parse(body).rows.length,
  ]);

  expect((await owner.call(revokeGrant, { params: { grantId: grant } })).status).toBe(204);
  expect(FleetSnapshot.parse((await person.call(getFleet)).body).rows).toEqual([]);
});
