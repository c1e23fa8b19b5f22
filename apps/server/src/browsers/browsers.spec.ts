import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  browserNamespace,
  browserSocket,
  contractVersion,
  createJoinCode,
  FleetMessage,
  FleetSnapshot,
  getFleet,
  HostsMessage,
  login,
  logout,
  NewJoinCode,
  removeUser,
  type SocketRow,
  updateHost,
} from '@gantry/contract';
import { can } from '@gantry/access';
import { engineClient } from '@gantry/engine-api';
import { remoteEngine, serveEngineOver, socketWire } from '@gantry/link';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import {
  addViewer,
  container,
  heardBy,
  type Reached,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  type TestServer,
  viewersPassword,
} from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let viewer: TestBrowser;
let agent: TestAgent;
let reached: Reached[];
const watched: (readonly string[])[] = [];

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  viewer = await addViewer(owner);
  const scripted = scriptedEngine({ web: 'a'.repeat(64) });
  ({ reached } = scripted);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, {
    serve: (wire) => void serveEngineOver(wire, scripted.engine, { caller: 'as-told' }),
    onWatch: (ids) => watched.push(ids),
  });
  tell('a', 'b');
  await eventually(async () => expect(await snapshot()).toHaveLength(2));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function tell(...digits: string[]): void {
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: digits.map((digit) => container(digit)), gone: [] } }));
}

async function snapshot(): Promise<FleetSnapshot['rows']> {
  return FleetSnapshot.parse((await owner.call(getFleet)).body).rows;
}

interface Page {
  readonly socket: Socket;
  heard(row: SocketRow): unknown[];
}

function dial(headers: Record<string, string>, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
  const socket = io(`${server.url}${browserNamespace}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: headers,
    ...options,
  });
  opened.defer(() => void socket.disconnect());
  return socket;
}

async function open(browser: TestBrowser, options: Partial<SocketOptions> = {}): Promise<Page> {
  const socket = dial(browser.headers, options);
  const heard = new Map<string, unknown[]>();
  socket.onAny((event: string, payload: unknown) => heard.set(event, [...(heard.get(event) ?? []), heardBy(event, payload)]));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return { socket, heard: ({ event }) => heard.get(event) ?? [] };
}

async function refusal(headers: Record<string, string>, options: Partial<ManagerOptions> = {}): Promise<string> {
  const socket = dial(headers, options);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error) => resolve(error.message));
  });
}

test('only a page of this server with a good session has a socket', async () => {
  const { cookie = '', origin = '' } = owner.headers;

  expect(await refusal({ origin })).toBe('sign in first');
  expect(await refusal({ origin, cookie: `gantry=${'x'.repeat(43)}` })).toBe('sign in first');
  expect(await refusal({ cookie })).toMatch(/Origin header is needed/);
  expect(await refusal({ cookie, origin: 'https://evil.example' })).toMatch(/not this server's/);
  expect(await refusal({ cookie, 'sec-fetch-site': 'same-origin' })).toMatch(/Origin header is needed/);
  expect(await refusal({ cookie, origin }, { transports: ['polling'] })).not.toBe('connected');
  expect(await refusal({ cookie, origin })).toBe('connected');
});

test('a page hears of rows, hosts and events as they change, each with what it may do, numbered without a gap', async () => {
  const [ofOwner, ofViewer] = [await open(owner), await open(viewer)];
  tell('c');
  await eventually(() => expect(ofOwner.heard(browserSocket.fleet)).not.toHaveLength(0));
  tell('d');
  agent.spool.append(() => ({
    kind: 'event',
    body: { type: 'container', action: 'die', actorId: 'c'.repeat(64), attributes: { name: 'web-c', exitCode: '3' }, atMs: 5 },
  }));
  await owner.call(updateHost, { params: { hostId: agent.id }, body: { name: 'other' } });

  for (const page of [ofOwner, ofViewer]) await eventually(() => expect(page.heard(browserSocket.fleet).length).toBeGreaterThan(1));
  const [first, second] = ofOwner.heard(browserSocket.fleet).map((message) => FleetMessage.parse(message));
  expect(second?.sequence).toBe((first?.sequence ?? 0) + 1);
  expect(first?.epoch).toBe(FleetSnapshot.parse((await owner.call(getFleet)).body).epoch);
  const rowOf = (page: Page): FleetMessage['upserts'][number] | undefined =>
    page.heard(browserSocket.fleet).flatMap((message) => FleetMessage.parse(message).upserts.filter(({ name }) => name === 'web-c'))[0];
  const row = rowOf(ofOwner);
  expect(row).toMatchObject({ host: agent.id, link: 'live' });
  expect(can(row?.can ?? 0, 'stop')).toBe(true);
  const viewersRow = rowOf(ofViewer);
  expect([can(viewersRow?.can ?? 0, 'stop'), can(viewersRow?.can ?? 0, 'logs')]).toEqual([false, true]);
  await eventually(() => {
    const names = ofViewer.heard(browserSocket.hosts).flatMap((message) => HostsMessage.parse(message).upserts.map(({ name }) => name));
    expect(names).toContain('other');
  });
  await eventually(() =>
    expect(ofViewer.heard(browserSocket.events)).toContainEqual([
      { host: agent.id, type: 'container', action: 'die', id: 'c'.repeat(64), name: 'web-c', exitCode: 3, atMs: 5 },
    ]),
  );
});

test('what a page shows is watched at its agent and comes each second', async () => {
  const page = await open(owner);
  const rows = await snapshot();
  const key = rows.find(({ name }) => name === 'web-a')?.key ?? 0;
  page.socket.emit(browserSocket.watch.event, { keys: [key], hosts: [agent.id] });
  await eventually(() => expect(watched.at(-1)).toEqual(['a'.repeat(64)]));

  const numbers = { memoryBytes: 1, receiveBps: 0, sendBps: 0, readBps: 0, writeBps: 0, throttledPermille: 0, pids: 1 };
  const host = {
    cpuPermille: 500,
    memoryBytes: 1,
    memoryTotalBytes: 2,
    diskUsedBytes: 1,
    diskTotalBytes: 2,
    readBps: 0,
    writeBps: 0,
    receiveBps: 0,
    sendBps: 0,
    load1: 1,
  };
  const sending = setInterval(() => {
    agent.link.sendSamples({
      atMs: Date.now(),
      host,
      containers: ['a', 'b'].map((digit) => ({ id: digit.repeat(64), cpuPermille: 7, ...numbers })),
    });
  }, 200);
  opened.defer(() => clearInterval(sending));

  const columns = Object.fromEntries(Object.entries({ key, cpuPermille: 7, ...numbers }).map(([field, value]) => [field, [value]]));
  const { epoch } = FleetSnapshot.parse((await owner.call(getFleet)).body);
  await eventually(() => expect(page.heard(browserSocket.samples)).toContainEqual({ epoch, ...columns }));
  await eventually(() =>
    expect(page.heard(browserSocket.hostSamples)).toContainEqual([expect.objectContaining({ host: agent.id, cpuPermille: 500 })]),
  );
  page.socket.disconnect();
  await eventually(() => expect(watched.at(-1)).toEqual([]));
});

test('engines are reached over the socket through the same guard', async () => {
  const prefix = `/engine/${agent.id}`;
  const ofOwner = engineClient(remoteEngine(socketWire((await open(owner)).socket)), { prefix });
  const ofViewer = engineClient(remoteEngine(socketWire((await open(viewer)).socket)), { prefix });

  await ofOwner.call('ContainerStart', { path: { id: 'web' } });
  expect(reached.at(-1)).toMatchObject({ target: `/v1.51/containers/${'a'.repeat(64)}/start`, caller: { kind: 'person', name: 'ada' } });
  await expect(ofViewer.call('ContainerStart', { path: { id: 'web' } })).rejects.toMatchObject({ code: 'forbidden' });
  const logs = await ofViewer.call('ContainerLogs', { path: { id: 'web' }, query: { follow: true, stdout: true } });
  for await (const chunk of logs.bytes) {
    expect(new TextDecoder().decode(chunk)).toContain('line 0');
    break;
  }
});

test('a page of another build than the server is told so and stays; one of the same, or one that says nothing of itself, is not', async () => {
  const browser = new TestBrowser(server.url);
  await browser.call(login, { body: { name: 'vera', password: viewersPassword } });
  const older = await open(browser, { auth: { contract: '0123456789abcdef' } });
  const others = [
    await open(browser, { auth: { contract: contractVersion() } }),
    await open(browser),
    await open(browser, { auth: { contract: 7 } }),
  ];
  await eventually(() => expect(older.heard(browserSocket.outdated)).toEqual([{ contract: contractVersion() }]));
  expect(older.socket.connected).toBe(true);
  await browser.call(logout);
  for (const page of [older, ...others]) await eventually(() => expect(page.heard(browserSocket.ended)).toHaveLength(1));
  expect(others.map((page) => page.heard(browserSocket.outdated))).toEqual([[], [], []]);
});

test('a page is told that its session has ended, and cut off', async () => {
  const browser = new TestBrowser(server.url);
  await browser.call(login, { body: { name: 'vera', password: viewersPassword } });
  const page = await open(browser);
  await browser.call(logout);
  await eventually(() => expect([page.heard(browserSocket.ended), page.socket.connected]).toEqual([[{ reason: 'signed-out' }], false]));

  const gone = await addViewer(owner, 'gone');
  const pageOfGone = await open(gone);
  const { body } = await owner.call({ method: 'GET', path: '/api/users' });
  const { id = '' } = (body as { id: string; name: string }[]).find(({ name }) => name === 'gone') ?? {};
  await owner.call(removeUser, { params: { userId: id } });
  await eventually(() =>
    expect([pageOfGone.heard(browserSocket.ended), pageOfGone.socket.connected]).toEqual([[{ reason: 'revoked' }], false]),
  );
});

test.each<[string, (socket: Socket) => void]>([
  ['an event of nobody', (socket) => socket.emit('fleet', {})],
  ['a malformed watch list', (socket) => socket.emit('watch', { keys: ['a'] })],
  ['a flood of messages', (socket) => Array.from({ length: 200 }, () => socket.emit('watch', { keys: [] }))],
  ['a frame that is no frame', (socket) => socket.emit('f', 'text')],
  ['a message over the limit', (socket) => socket.emit('f', Buffer.alloc(300_000))],
])('%s ends the socket and nothing else', async (_, send) => {
  const { socket } = await open(owner);
  send(socket);
  await eventually(() => expect(socket.connected).toBe(false));
  expect((await owner.call(getFleet)).status).toBe(200);
});

test('the namespace of nobody lets nobody stay', async () => {
  const socket = io(server.url, { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: owner.headers });
  opened.defer(() => void socket.disconnect());
  const outcome = await new Promise((resolve) =>
    socket.once('connect', () => resolve('connected')).once('connect_error', (error) => resolve(error.message)),
  );
  expect(outcome).toBe('nothing is served here');
});
