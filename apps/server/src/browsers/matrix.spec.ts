import { catalogue, type Permission, roles, type RoleName, roleNames } from '@gantry/access';
import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  browserNamespace,
  browserSocket,
  createGrant,
  createJoinCode,
  createRole,
  FleetMessage,
  FleetSnapshot,
  getFleet,
  getMe,
  type GrantScope,
  Me,
  NewJoinCode,
  Role,
  type SocketRow,
  updateHost,
} from '@gantry/contract';
import { engineClient } from '@gantry/engine-api';
import { remoteEngine, serveEngineOver, socketWire } from '@gantry/link';
import { io, type Socket } from 'socket.io-client';
import {
  addPerson,
  addService,
  container,
  heardBy as heardAs,
  keysOf,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  TestProgram,
  type TestServer,
} from '../testing/index.ts';

// Every event of the socket of pages × role × scope is what the row and the table of roles say, reckoned here without a look at the guard.
type EventName = keyof typeof browserSocket;

/** What is there: on the first host of red and of blue, on the second of blue. Each has a word that stands nowhere else. */
const things = {
  red: { digit: 'a', host: 0, project: 'red' },
  blue: { digit: 'b', host: 0, project: 'blue' },
  far: { digit: 'd', host: 1, project: 'red' },
} as const;
type ThingName = keyof typeof things;
const thingNames = Object.keys(things) as ThingName[];

/** Where somebody's grant is, and what of these is there. */
const places: Readonly<Record<string, { scope: () => GrantScope; holds: readonly ThingName[] }>> = {
  everywhere: { scope: () => ({ kind: 'global' }), holds: thingNames },
  'the first host': { scope: () => ({ kind: 'host', host: hostOf(0) }), holds: ['red', 'blue'] },
  'the stack red': { scope: () => ({ kind: 'stack', host: hostOf(0), project: 'red' }), holds: ['red'] },
};

/** What a page hears by each event, and may send: one that is not here fails to compile, and the test below. */
const heardBy = {
  fleet: { permission: 'container:list', about: 'containers' },
  samples: { permission: 'container:stats', about: 'containers' },
  hosts: { permission: 'host:view', about: 'hosts' },
  hostSamples: { permission: 'host:metrics', about: 'hosts' },
  events: { permission: 'event:view', about: 'containers' },
  jobs: { permission: undefined, about: 'itself' },
  outdated: { permission: undefined, about: 'itself' },
  ended: { permission: undefined, about: 'itself' },
  watch: { permission: 'container:stats', about: 'itself' },
  frame: { permission: undefined, about: 'itself' },
} as const satisfies Readonly<Record<EventName, { permission: Permission | undefined; about: 'containers' | 'hosts' | 'itself' }>>;

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
const agents: TestAgent[] = [];
const watched = new Map<number, readonly string[]>();
const people = new Map<string, TestBrowser>();
const hostOf = (number: number): string => agents[number]?.id ?? '';

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  for (const number of [0, 1]) agents.push(await join(number));
  for (const role of roleNames) for (const place of Object.keys(places)) people.set(`${role} of ${place}`, await somebody(role, place));
  await eventually(async () => expect((await rowsOf(owner)).map(({ name }) => name)).toHaveLength(thingNames.length));
}, 180_000);
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function join(number: number): Promise<TestAgent> {
  const { engine } = scriptedEngine({ 'word-red': 'a'.repeat(64) });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  const agent = await TestAgent.join(server.url, code, {
    serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }),
    onWatch: (ids) => watched.set(number, ids),
  });
  for (const name of thingNames) if (things[name].host === number) tell(agent, name, 1);
  return agent;
}

function tell(agent: TestAgent, name: ThingName, revision: number): void {
  const { digit, project } = things[name];
  const upserts = [container(digit, { name: `word-${name}`, labels: { 'com.docker.compose.project': project }, revision })];
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  const attributes = { name: `word-${name}` };
  agent.spool.append(() => ({
    kind: 'event',
    body: { type: 'container', action: 'start', actorId: digit.repeat(64), attributes, atMs: 5 },
  }));
}

async function somebody(role: string, place: string): Promise<TestBrowser> {
  const browser = await addPerson(owner, `p${people.size}`);
  const { id } = Me.parse((await browser.call(getMe)).body);
  const scope = places[place]?.scope();
  const { status } = await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role, scope } });
  expect(status).toBe(201);
  return browser;
}

async function rowsOf(browser: TestBrowser): Promise<FleetSnapshot['rows']> {
  return FleetSnapshot.parse((await browser.call(getFleet)).body).rows;
}

interface Page {
  readonly socket: Socket;
  readonly heard: Map<string, unknown[]>;
}

async function open(browser: TestBrowser): Promise<Page> {
  const socket = io(`${server.url}${browserNamespace}`, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: browser.headers,
  });
  opened.defer(() => void socket.disconnect());
  const heard = new Map<string, unknown[]>();
  socket.onAny((event: string, payload: unknown) => heard.set(event, [...(heard.get(event) ?? []), heardAs(event, payload)]));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return { socket, heard };
}

/** Which of the containers, or of the hosts, the payloads of an event tell of. */
function toldOf(page: Page, row: SocketRow, keys: ReadonlyMap<number, ThingName>): string[] {
  const payloads = page.heard.get(row.event) ?? [];
  const text = JSON.stringify(payloads);
  const { about } = heardBy[Object.entries(browserSocket).find(([, one]) => one === row)?.[0] as EventName];
  if (about === 'hosts') return [0, 1].filter((number) => text.includes(hostOf(number))).map(String);
  const numbered = numbersIn(row, payloads).map((key) => keys.get(key));
  return thingNames.filter((name) => numbered.includes(name) || text.includes(things[name].digit.repeat(64)));
}

/** The rows that the payloads of an event name by their keys alone. */
function numbersIn(row: SocketRow, payloads: readonly unknown[]): number[] {
  if (row === browserSocket.samples) return payloads.flatMap(keysOf);
  if (row !== browserSocket.fleet) return [];
  return payloads
    .flatMap((payload) => FleetMessage.parse(payload))
    .flatMap(({ changes, gone }) => [...changes.map(({ key }) => key), ...gone]);
}

/** The policy: what an event tells somebody with the role there. */
function expected(row: SocketRow, role: RoleName, place: string): string[] {
  const { permission, about } = heardBy[Object.entries(browserSocket).find(([, one]) => one === row)?.[0] as EventName];
  if (permission === undefined || !roles[role].permissions.has(permission)) return [];
  const { holds = [] } = places[place] ?? {};
  if (about === 'containers') return [...holds];
  // Of a host on which only a stack is somebody's they hear the name, and no numbers.
  if (place === 'the stack red') return row === browserSocket.hosts ? ['0'] : [];
  expect(catalogue[permission].reach).toBe('host');
  return [...new Set(holds.map((name) => String(things[name].host)))];
}

const fromServer: readonly SocketRow[] = Object.values(browserSocket).filter(({ from, event }) => from === 'server' && event !== 'ended');
const load = { cpuPermille: 5, memoryBytes: 1, memoryTotalBytes: 2, diskUsedBytes: 1, diskTotalBytes: 2, load1: 1 };
const bytes = { receiveBps: 0, sendBps: 0, readBps: 0, writeBps: 0 };

test('every event of the socket has an entry here, and every event that pages hear has a row', () => {
  expect(Object.keys(heardBy).sort()).toEqual(Object.keys(browserSocket).sort());
});

test('each role in each scope hears by each event of what lies there, and no byte of anything else', async () => {
  const pages = new Map<string, Page>();
  for (const [who, browser] of people) pages.set(who, await open(browser));
  const keys = new Map((await rowsOf(owner)).map(({ key, name }) => [key, name.replace('word-', '') as ThingName]));
  for (const { socket } of pages.values())
    socket.emit(browserSocket.watch.event, { keys: [...keys.keys()], hosts: [hostOf(0), hostOf(1)] });
  const sampling = setInterval(() => {
    agents.forEach((agent, number) => {
      const containers = thingNames
        .filter((name) => things[name].host === number)
        .map((name) => ({ id: things[name].digit.repeat(64), cpuPermille: 7, memoryBytes: 1, throttledPermille: 0, pids: 1, ...bytes }));
      agent.link.sendSamples({ atMs: Date.now(), host: { ...load, ...bytes }, containers });
    });
  }, 200);
  opened.defer(() => clearInterval(sampling));
  for (const [number, agent] of agents.entries()) {
    for (const name of thingNames) if (things[name].host === number) tell(agent, name, 2);
    await owner.call(updateHost, { params: { hostId: agent.id }, body: { name: `renamed-${number}` } });
  }

  for (const [who, page] of pages) {
    const [role, place] = who.split(' of ') as [RoleName, string];
    await eventually(() => {
      for (const row of fromServer) expect([who, row.event, toldOf(page, row, keys)]).toEqual([who, row.event, expected(row, role, place)]);
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 1_200)); // one more tick: what nobody may hear has had its time
  for (const [who, page] of pages) {
    const [role, place] = who.split(' of ') as [RoleName, string];
    for (const row of fromServer) expect([who, row.event, toldOf(page, row, keys)]).toEqual([who, row.event, expected(row, role, place)]);
    const foreign = thingNames.filter((name) => !places[place]?.holds.includes(name));
    const text = JSON.stringify([...page.heard]);
    for (const name of foreign) expect([who, text.includes(`word-${name}`)]).toEqual([who, false]);
    const known = new Set<string>(Object.values(browserSocket).map(({ event }) => event));
    expect([who, [...page.heard.keys()].filter((event) => !known.has(event))]).toEqual([who, []]);
  }
}, 180_000);

test.each(roleNames)(
  'an engine is reached through the socket by a %s as the table of roles says, and elsewhere it is not there',
  async (role) => {
    for (const place of Object.keys(places)) {
      const { socket } = await open(people.get(`${role} of ${place}`) ?? owner);
      const engine = remoteEngine(socketWire(socket));
      const start = async (host: string): Promise<string> =>
        engineClient(engine, { prefix: `/engine/${host}` })
          .call('ContainerStart', { path: { id: 'a'.repeat(64) } })
          .then(
            () => 'done',
            (thrown: unknown) => Failure.from(thrown).code,
          );
      expect([place, await start(hostOf(0))]).toEqual([place, roles[role].permissions.has('container:start') ? 'done' : 'forbidden']);
      if (place !== 'everywhere') expect([place, await start(hostOf(1))]).toEqual([place, 'not-found']);
    }
  },
);

test('who may not see numbers makes no agent count: a list of what is watched asks for nothing then', async () => {
  const { body } = await owner.call(createRole, { body: { name: 'without numbers', permissions: ['container:list', 'container:view'] } });
  const { socket, heard } = await open(await somebody(Role.parse(body).id, 'everywhere'));
  const keys = (await rowsOf(owner)).map(({ key }) => key);
  watched.clear();
  socket.emit(browserSocket.watch.event, { keys, hosts: [hostOf(0), hostOf(1)] });
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  expect([...watched.values()].flat()).toEqual([]);
  expect([heard.get(browserSocket.samples.event), heard.get(browserSocket.hostSamples.event)]).toEqual([undefined, undefined]);
});

test('what a page sends is one of the rows from browsers: any other event ends the socket', async () => {
  const names = [
    ...Object.values(browserSocket).map(({ event }) => event),
    'join',
    'watch ',
    'WATCH',
    'message',
    '__proto__',
    'constructor',
  ];
  const taken = new Set<string>(Object.values(browserSocket).flatMap(({ event, from }) => (from === 'browser' ? [event] : [])));
  for (const name of names.filter((one) => !taken.has(one))) {
    const { socket } = await open(owner);
    socket.emit(name, { keys: [], hosts: [] });
    await eventually(() => expect([name, socket.connected]).toEqual([name, false]));
  }
});

test('a token opens no socket of pages, whatever it may', async () => {
  const { token } = await addService(owner, 'program', { role: 'owner', scope: { kind: 'global' } });
  const program = TestProgram.withToken(server.url, token);
  const socket = io(`${server.url}${browserNamespace}`, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: { ...program.headers, origin: server.url },
  });
  opened.defer(() => void socket.disconnect());
  const refusal = await new Promise((resolve) =>
    socket.once('connect', () => resolve('connected')).once('connect_error', ({ message }) => resolve(message)),
  );

  expect(refusal).toMatch(/not for tokens/);
});
