import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import {
  changePassword,
  createUser,
  describePasswordLink,
  getFleet,
  getMe,
  login,
  logout,
  Me,
  proveIdentity,
  rows,
  updatePreferences,
} from '@gantry/contract';
import { io, type Socket } from 'socket.io-client';
import {
  addViewer,
  openDatabaseOf,
  ownersPassword,
  setUp,
  startTestServer,
  TestBrowser,
  type TestServer,
  viewersPassword,
} from '../testing/index.ts';

// What somebody without rights tries, against a real server.
let server: TestServer;
let owner: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
});
afterAll(() => server[Symbol.asyncDispose]());

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

/** How an attempt to open the page's socket ends. */
async function openSocket(headers: Record<string, string>): Promise<string> {
  const socket = io(`${server.url}/browser`, { transports: ['websocket'], extraHeaders: headers, reconnection: false });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('connect_error', ({ message }) => resolve(message));
  });
}

/** A request with exactly these headers: `fetch` would add some of its own. */
async function raw(line: string, headers: Record<string, string>, body = ''): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const [method = '', path = ''] = line.split(' ');
  const sent = request({ hostname, port, method, path, headers, agent: false }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

/** Whether an upgrade to a websocket was taken. */
async function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const sent = request({ hostname, port, path, headers: { ...handshake, ...headers }, agent: false }).end();
  const answered = once(sent, 'response').then(([response]) => {
    (response as IncomingMessage).resume();
    return (response as IncomingMessage).statusCode ?? 0;
  });
  const upgraded = once(sent, 'upgrade').then(([, socket]) => {
    (socket as IncomingMessage['socket']).destroy();
    return 101;
  });
  const cut = once(sent, 'close').then(() => 0);
  return Promise.race([answered, upgraded, cut.then(() => answered.catch(() => 0))]);
}

test('after signing out the cookie is worth nothing: by REST, at the engine door, for a socket', async () => {
  const leaver = await addViewer(owner, 'leaver');
  const stolen = { ...leaver.headers };
  expect(await openSocket(stolen)).toBe('connected');
  await leaver.call(logout);

  const thief = new TestBrowser(server.url);
  thief.cookie = stolen['cookie'];
  expect((await thief.call(getMe)).status).toBe(401);
  expect((await thief.call(updatePreferences, { body: { theme: 'dark' } })).status).toBe(401);
  expect(await raw('GET /engine/x/v1.51/containers/json', stolen)).toBe(401);
  expect(await openSocket(stolen)).toMatch(/sign in/);
});

test('a cookie that was there before the sign-in is not the one after it, whoever set it', async () => {
  const victim = new TestBrowser(server.url);
  const planted = 'gantry=plantedplantedplantedplantedplantedplanted0';
  victim.cookie = planted;
  expect((await victim.call(login, { body: { name: 'ada', password: ownersPassword } })).status).toBe(201);

  expect(victim.cookie).not.toBe(planted);
  const attacker = new TestBrowser(server.url);
  attacker.cookie = planted;
  expect((await attacker.call(getMe)).status).toBe(401);
  attacker.cookie = [planted, victim.cookie].join('; ');
  expect((await attacker.call(getMe)).status).toBe(401);
});

test.each(['https://evil.example', 'null', 'http://localhost', 'http://127.0.0.1', 'http://127.0.0.1.evil.example', 'file://'])(
  'a page of %s gets no socket with the cookie of somebody else',
  async (origin) => {
    expect(await openSocket({ ...owner.headers, origin })).toMatch(/not this server's/);
    expect(await upgrade('/engine/x/containers/y/attach/ws', { ...owner.headers, origin })).not.toBe(101);
  },
);

test('a websocket that does not say from which page it comes gets nothing with a cookie', async () => {
  const cookie = owner.cookie ?? '';

  expect(await openSocket({ cookie })).toMatch(/Origin header is needed/);
  expect(await upgrade('/engine/x/containers/y/attach/ws', { cookie })).not.toBe(101);
  expect(await openSocket({ cookie, 'sec-fetch-site': 'same-origin' })).toMatch(/Origin header is needed/);
});

const updateLine = `${updatePreferences.method} ${updatePreferences.path}`;

test('a form of another site changes nothing, whatever type it names', async () => {
  const cookie = owner.cookie ?? '';
  const body = JSON.stringify({ theme: 'light' });
  const { preferences } = Me.parse((await owner.call(getMe)).body);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json']) {
    for (const origin of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}]) {
      const headers = { cookie, 'content-type': type, 'sec-fetch-site': 'cross-site', ...(origin as Record<string, string>) };
      expect([type, origin, await raw(updateLine, headers, body)]).toEqual([type, origin, 403]);
    }
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
    expect(await raw(updateLine, { ...owner.headers, 'content-type': type }, body)).toBe(400);
  expect(Me.parse((await owner.call(getMe)).body).preferences).toEqual(preferences);
});

test.each(rows.filter(({ access, method }) => access !== 'public' && access !== 'loopback' && method === 'GET'))(
  '$name cannot be read by a page of another site',
  async ({ path }) => {
    const cookie = owner.cookie ?? '';
    const named = path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000');
    expect(await raw(`GET ${named}`, { cookie, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await raw(`GET ${named}`, { cookie, origin: 'https://evil.example' })).toBe(403);
  },
);

test('another site signs nobody in under an account of its own', async () => {
  const headers = { origin: 'https://evil.example' };

  expect((await new TestBrowser(server.url).call(login, { body: { name: 'ada', password: ownersPassword }, headers })).status).toBe(403);
});

test('whoever has taken over a session does not find out the password with it', async () => {
  const taken = await addViewer(owner, 'taken');
  const proofs = Array.from(
    { length: 8 },
    async (_, number) => (await taken.call(proveIdentity, { body: { password: `guess ${number}` } })).status,
  );
  expect((await Promise.all(proofs)).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  const change = await taken.call(changePassword, { body: { current: viewersPassword, next: 'hafer-tinte-wolke-drei' } });
  expect(change.status).toBe(429);
});

test('a name that nobody has is answered as one that somebody has, in much the same time', async () => {
  await addViewer(owner, 'timed');
  await using database = await openDatabaseOf(server);
  // The shortest of many says what it costs, however busy the machine is: where they seem to differ, more are tried.
  const shortest = { timed: Infinity, 'nobody-at-all': Infinity };
  const isAlike = (): boolean => {
    const ratio = shortest['nobody-at-all'] / shortest.timed;
    return ratio > 0.4 && ratio < 2.5;
  };
  for (let round = 0; round < 4 || (round < 60 && !isAlike()); round++) {
    await database.prisma.throttle.deleteMany();
    for (const name of ['timed', 'nobody-at-all'] as const) {
      const startedAt = performance.now();
      const answer = await guess(login, { name, password: 'a wrong one' });
      shortest[name] = Math.min(shortest[name], performance.now() - startedAt);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', message: 'wrong name or password' } });
    }
  }

  expect([shortest, isAlike()]).toEqual([shortest, true]);
});

test('somebody without the right is refused before they are asked for a proof', async () => {
  const plain = await addViewer(owner, 'plain');

  expect(await plain.call(createUser, { body: { name: 'x1', role: 'owner' } })).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('user:manage') as string },
  });
  expect((await plain.call(getFleet)).status).toBe(200);
});

// The last ones: this address is locked after them.
test.each<[string, number, (number: number) => Promise<number>]>([
  ['passwords at the sign-in', 5, async (number) => (await guess(login, { name: 'brute', password: `guess ${number}` })).status],
  ['links', 30, async (number) => (await guess(describePasswordLink, { token: `guess${number}` })).status],
])('%s are tried %i times at most, however many come at once', async (_, free, attempt) => {
  const statuses = await Promise.all(Array.from({ length: free + 20 }, (__, number) => attempt(number)));

  expect(statuses.filter((status) => status === 429)).toHaveLength(20);
});

function guess(row: Parameters<TestBrowser['call']>[0], body: object): ReturnType<TestBrowser['call']> {
  return new TestBrowser(server.url).call(row, { body });
}
