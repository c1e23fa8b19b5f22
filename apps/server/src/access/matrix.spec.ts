import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { eventually } from '@gantry/base/testing';
import { catalogue, isPermission, type Permission, roles, type RoleName, roleNames } from '@gantry/access';
import {
  addHostToGroup,
  browserNamespace,
  type ContractRow,
  createHostGroup,
  createJoinCode,
  getFleet,
  type GrantScope,
  HostGroup,
  NewJoinCode,
  rows,
} from '@gantry/contract';
import { type Route, routes } from '@gantry/engine-api';
import { serveEngineOver } from '@gantry/link';
import { io } from 'socket.io-client';
import {
  addService,
  askEnginePort,
  type CertificateAnswer,
  container,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  TestCertificate,
  TestProgram,
  type TestServer,
  worthlessCertificates,
  worthlessCredentials,
} from '../testing/index.ts';

// Every row × role × scope × credential × spelling × plain or upgrade is what the row and the table of roles say, reckoned here without a look at the guard.
let server: TestServer;
let owner: TestBrowser;
const agents: TestAgent[] = [];
let worthless: Readonly<Record<string, TestBrowser>>;
let nobody: TestBrowser;
const deleted = '00000000-0000-4000-8000-000000000000';
const labels = { red: { 'com.docker.compose.project': 'red', team: 'red' }, blue: { 'com.docker.compose.project': 'blue' } };
/** The hosts and containers that the paths of rows name. */
const ends = { own: 'a', foreign: 'b', gone: 'c' } as const;

/** Where a grant is, which of the two hosts it shows, and whether all of that. */
const places: Readonly<Record<string, { scope: () => GrantScope; shows: 'both' | 'first' | 'second' | 'none'; isWhole: boolean }>> = {
  everywhere: { scope: () => ({ kind: 'global' }), shows: 'both', isWhole: true },
  'the group of the first host': { scope: () => ({ kind: 'group', group: groupId }), shows: 'first', isWhole: true },
  'the first host': { scope: () => ({ kind: 'host', host: hostOf(0) }), shows: 'first', isWhole: true },
  'the second host': { scope: () => ({ kind: 'host', host: hostOf(1) }), shows: 'second', isWhole: true },
  'the stack red on the first host': { scope: () => ({ kind: 'stack', host: hostOf(0), project: 'red' }), shows: 'first', isWhole: false },
  'what has the label of red': { scope: () => ({ kind: 'labels', selector: 'team=red' }), shows: 'first', isWhole: false },
};
let groupId: string;
const hostOf = (number: number): string => agents[number]?.id ?? deleted;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  for (const digits of ['ab', 'd']) agents.push(await join(digits));
  const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name: 'first' } })).body);
  groupId = group.id;
  await owner.call(addHostToGroup, { params: { groupId, hostId: hostOf(0) } });
  worthless = await worthlessCredentials(server, owner);
  nobody = TestProgram.withToken(server.url, (await addService(owner, 'nobody')).token);
  await eventually(async () => expect((await owner.call(getFleet)).body).toMatchObject({ rows: [{}, {}, {}] }));
}, 180_000);
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A host with a container for each digit: the first is red's. */
async function join(digits: string): Promise<TestAgent> {
  const { engine } = scriptedEngine({ web: 'a'.repeat(64) });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  const agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  const upserts = Array.from(digits, (digit) => container(digit, { labels: digit === 'a' ? labels.red : labels.blue }));
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
  return agent;
}

interface Target {
  readonly host: 'first' | 'second' | 'gone';
  readonly container: keyof typeof ends;
}

const isBodyless = ({ method }: ContractRow): boolean => method === 'GET' || method === 'DELETE';
const isOpen = ({ access }: ContractRow): boolean => access === 'public' || access === 'loopback';
const guarded = rows.filter((row) => !isOpen(row));

/** What a path names: the rest of its parameters names nothing that is there. */
function paramsOf({ path }: ContractRow, { host, container: end }: Target): Record<string, string> {
  const hostId = { first: hostOf(0), second: hostOf(1), gone: deleted }[host];
  const valueOf = (name: string): string => (name === 'hostId' ? hostId : name === 'containerId' ? ends[end].repeat(64) : deleted);
  return Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, valueOf(name)]));
}

/** The targets that tell rows apart; what would be removed by whoever may is never there. */
function targetsOf({ name, path }: ContractRow): Target[] {
  if (!path.includes(':hostId')) return [{ host: 'first', container: 'own' }];
  if (name === 'removeHost') return [{ host: 'gone', container: 'own' }];
  const hosts = (['first', 'second', 'gone'] as const).map((host): Target => ({ host, container: 'own' }));
  if (!path.includes(':containerId')) return hosts;
  return [...hosts, { host: 'first', container: 'foreign' }, { host: 'first', container: 'gone' }];
}

type Outcome = 401 | 403 | 'not there' | 'passes';

async function ask(browser: TestBrowser, row: ContractRow, target: Target = { host: 'first', container: 'own' }): Promise<Outcome> {
  const params = paramsOf(row, target);
  const { status, body } = await browser.call(row, { params, ...(isBodyless(row) ? {} : { body: '{"surely":"wrong"}' }) });
  if (status === 401 || status === 403) return status;
  const isUnseen = status === 404 && /^no such (host|container): /.test((body as { message?: string }).message ?? '');
  return isUnseen ? 'not there' : 'passes';
}

const reachesOf = { global: ['global'], group: ['global', 'group'], host: ['global', 'group', 'host'] } as const;

/** Whether a grant of the role in a scope of that kind gives the permission: the catalogue says where each can be given. */
function isHeld(role: RoleName, permission: Permission, kind: GrantScope['kind']): boolean {
  const { reach } = catalogue[permission];
  const isGivenThere = reach === 'any' || (reachesOf[reach] as readonly string[]).includes(kind);
  return isGivenThere && roles[role].permissions.has(permission);
}

/** The policy for a token: never more than a person, and nothing that is about the person or wants a fresh proof. */
function expected(row: ContractRow, { role, place, target }: { role: RoleName; place: string; target: Target }): Outcome {
  const { access, where, recent, byToken, path } = row;
  const { scope, shows, isWhole } = places[place] ?? none();
  if (access === 'session') return byToken ? 'passes' : 403;
  if (!isPermission(access) || !isHeld(role, access, scope().kind)) return 403;
  const unlessRecent = recent ? 403 : 'passes';
  if (where === 'somewhere') return unlessRecent;
  if (!path.includes(':hostId')) return place === 'everywhere' ? unlessRecent : 403;
  if (target.host === 'gone' || (shows !== 'both' && shows !== target.host)) return 'not there';
  if (path.includes(':containerId') && !isWhole) return target.container === 'own' ? unlessRecent : 'not there';
  return isWhole ? unlessRecent : 403;
}

test.each(roleNames)(
  'a service that is a %s, in every kind of scope: every row, of its own, of others and of what is gone, is what the policy says',
  async (role) => {
    const browsers = new Map<string, TestBrowser>();
    for (const [place, { scope }] of Object.entries(places)) {
      const { token } = await addService(owner, `${role}-${browsers.size}`, { role, scope: scope() });
      browsers.set(place, TestProgram.withToken(server.url, token));
    }
    for (const row of guarded) {
      for (const target of targetsOf(row)) {
        const told = await Promise.all([...browsers].map(async ([place, browser]) => [place, await ask(browser, row, target)]));
        const policy = [...browsers.keys()].map((place) => [place, expected(row, { role, place, target })]);
        expect([row.name, target, told]).toEqual([row.name, target, policy]);
      }
    }
  },
  180_000,
);

test('a service without a grant gets nothing but what is about itself', async () => {
  for (const row of guarded)
    expect([row.name, await ask(nobody, row)]).toEqual([row.name, row.access === 'session' && row.byToken ? 'passes' : 403]);
});

test('no credential that is good for nothing opens a row, whatever it once was', async () => {
  for (const [what, browser] of Object.entries(worthless))
    for (const row of guarded) expect([what, row.name, await ask(browser, row)]).toEqual([what, row.name, 401]);
});

test('nor a row of the engine door, plain or by an upgrade; nor the socket of pages', async () => {
  for (const [what, browser] of Object.entries(worthless)) {
    const lines = doorLines(hostOf(0));
    const told = lines.map(async ({ line, headers }) => [line, (await raw(line, { ...browser.headers, ...headers })).status]);
    expect([what, await Promise.all(told)]).toEqual([what, lines.map(({ line }) => [line, 401])]);
    expect([what, await openSocket(browser.headers)]).toEqual([what, expect.stringMatching(/sign in first|origin/i)]);
  }
}, 180_000);

type Ask = (line: string, headers?: Record<string, string>) => Promise<CertificateAnswer>;

/** Asks the port for client certificates on a few connections that stay: a handshake costs more than most answers. */
async function withKept<T>(tls: RequestOptions, work: (ask: Ask) => Promise<T>): Promise<T> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  try {
    return await work((line, headers) => askEnginePort({ ...tls, agent }, line, headers ? { headers } : {}));
  } finally {
    agent.destroy();
  }
}

/** As they are asked of a host: each once, hijacked ones also as an upgrade. Their queries are wrong, so that whoever passes gets no further. */
function doorLines(hostId: string): { route: Route; line: string; headers: Record<string, string> }[] {
  return routes.flatMap((route) => {
    const line = `${route.method} /engine/${hostId}${route.path.replace(/\{\w+\*?\}/g, 'web')}?surely=wrong`;
    return [{}, ...(route.kind === 'hijack' ? [upgrading({})] : [])].map((headers) => ({ route, line, headers }));
  });
}

/** The policy for an engine route, before it is looked at what it is about. */
function expectedAtDoor(route: Route, { role, place }: { role: RoleName; place: string }): number {
  const { permission, inScope, refusal, isUnversioned } = route;
  const { scope, shows } = places[place] ?? none();
  if (shows === 'second' || shows === 'none') return 404;
  // What our own engine does not have, it says to whoever sees the host.
  if (permission === 'engine:none' && refusal && !isUnversioned) return refusal.status;
  const isHopeful = [permission, inScope].some((one) => one !== undefined && isPermission(one) && isHeld(role, one, scope().kind));
  return isHopeful ? 400 : 403;
}

test.each(roleNames)('a client certificate of a %s opens each engine route, plain or by an upgrade, as the policy says', async (role) => {
  // Who sees nothing of the host gets one answer, whatever their role: once is enough.
  for (const place of ['everywhere', 'the stack red on the first host', ...(role === 'owner' ? ['the second host'] : [])]) {
    const scope = (places[place] ?? none()).scope();
    const { token } = await addService(owner, `certified-${role}-${scope.kind}`, { role, scope });
    const { tls } = await TestCertificate.of(TestProgram.withToken(server.url, token));
    const lines = doorLines(hostOf(0));
    const told = await withKept(tls, (ask) =>
      Promise.all(lines.map(async ({ line, headers }) => [line, (await ask(line, headers)).status])),
    );
    expect([place, told]).toEqual([place, lines.map(({ line, route }) => [line, expectedAtDoor(route, { role, place })])]);
  }
});

test('no client certificate that is good for nothing opens an engine route, whatever stands in the headers beside it', async () => {
  const { token } = await addService(owner, 'beside', { role: 'owner', scope: { kind: 'global' } });
  const beside = { ...owner.headers, authorization: `Bearer ${token}` };
  for (const [what, tls] of Object.entries(await worthlessCertificates(server, owner))) {
    const lines = doorLines(hostOf(0));
    const told = await withKept(tls, (ask) =>
      Promise.all(lines.map(async ({ line, headers }) => [line, (await ask(line, { ...beside, ...headers })).status])),
    );
    expect([what, told]).toEqual([what, lines.map(({ line }) => [line, 401])]);
  }
});

test('on the port for client certificates no row of the API is served, and no other spelling of a hijacked engine route opens it', async () => {
  const [mine, strange] = [await TestCertificate.of(owner), await TestCertificate.of(nobody)];
  await withKept(mine.tls, async (ask) => {
    for (const row of rows) {
      const path = row.path.replace(/:(\w+)/g, deleted);
      expect([row.name, (await ask(`${row.method} ${path}`, owner.headers)).status]).toEqual([row.name, 404]);
    }
    expect((await ask(`GET ${browserNamespace}`, upgrading(owner.headers))).status).toBe(404);
  });
  await withKept(strange.tls, async (ask) => {
    // Every route in every spelling: `door/matrix.spec.ts`. Here those that would do most.
    for (const { line } of doorLines(hostOf(0)).filter(({ route }) => route.kind === 'hijack')) {
      const [method = '', path = ''] = (line.split('?')[0] ?? '').split(' ');
      const told = Object.entries(spellings).map(async ([what, spell]) => [what, (await ask(`${method} ${spell(path)}`)).status] as const);
      const open = (await Promise.all(told)).filter(([, status]) => ![400, 401, 403, 404].includes(status));
      expect([line, open]).toEqual([line, []]);
    }
  });
});

/** Other ways to write a path. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  'a double slash in front': (path) => `/${path}`,
  'a double slash inside': (path) => path.replace(/^(\/\w+)\//, '$1//'),
  'a slash at the end': (path) => `${path}/`,
  'a dot segment': (path) => path.replace(/^(\/\w+)/, '$1/.'),
  'a segment taken back': (path) => `/x/..${path}`,
  'an escaped segment taken back': (path) => `/x/%2e%2e${path}`,
  'an escaped letter': (path) => path.replace(/^\/(\w)/, (_, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`),
  'an escaped slash': (path) => path.replace(/^(\/\w+)\//, '$1%2f'),
  'capital letters': (path) => path.toUpperCase(),
  'a parameter of the segment': (path) => `${path};x`,
  'a version in front': (path) => `/v1.51${path}`,
  'a query': (path) => `${path}?x=1`,
  'a NUL at the end': (path) => `${path}%00`,
  'a backslash': (path) => path.replaceAll('/', '\\').replace('\\', '/'),
  'a whole address': (path) => `${server.url}${path}`,
};

test('no other spelling of a path opens a row to somebody without a grant, or to nobody; an upgrade opens none to anybody', async () => {
  for (const row of guarded.filter(({ byToken }) => !byToken)) {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => paramsOf(row, { host: 'first', container: 'own' })[name] ?? '');
    const asked = Object.values(spellings).flatMap((spell) => [{}, nobody.headers].map((headers) => [spell(path), headers] as const));
    const told = await Promise.all(asked.map(async ([spelt, headers]) => [spelt, await raw(`${row.method} ${spelt}`, headers)] as const));
    const isClosed = (status: number, text: string): boolean => [400, 401, 403, 404].includes(status) || text.startsWith('<!doctype');
    expect([row.name, told.filter(([, { status, text }]) => !isClosed(status, text))]).toEqual([row.name, []]);
    const upgrades = [path, ...Object.values(spellings).map((spell) => spell(path))].map(
      async (spelt) => [spelt, (await raw(`GET ${spelt}`, { ...upgrading(owner.headers), upgrade: 'websocket' })).status] as const,
    );
    expect([row.name, (await Promise.all(upgrades)).filter(([, status]) => status !== 400 && status !== 404)]).toEqual([row.name, []]);
  }
}, 180_000);

function upgrading(headers: Readonly<Record<string, string>>): Record<string, string> {
  return { ...headers, connection: 'Upgrade', upgrade: 'tcp' };
}

/** As it is written; 101 for an upgrade that was taken, 0 for a connection that was cut. */
async function raw(line: string, headers: Readonly<Record<string, string>>): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url);
  const [method = '', path = ''] = line.split(' ');
  const sent = request({ hostname, port, method, path, headers, agent: false }).end();
  const upgraded = once(sent, 'upgrade').then(([, socket]) => {
    (socket as IncomingMessage['socket']).destroy();
    return { status: 101, text: '' };
  });
  const answered = once(sent, 'response').then(async ([response]) => {
    const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
    return { status: (response as IncomingMessage).statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  });
  upgraded.catch(() => undefined);
  return Promise.race([upgraded, answered]).catch(() => ({ status: 0, text: '' }));
}

/** How an attempt to open the socket of pages ends. */
async function openSocket(extraHeaders: Record<string, string>): Promise<string> {
  const socket = io(`${server.url}${browserNamespace}`, { transports: ['websocket'], extraHeaders, reconnection: false, forceNew: true });
  try {
    return await new Promise((resolve) => {
      socket.on('connect', () => resolve('connected'));
      socket.on('connect_error', ({ message }) => resolve(message));
    });
  } finally {
    socket.disconnect();
  }
}

function none(): never {
  throw new Error('no such place');
}
