import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  AccessGrant,
  ApiToken,
  createGrant,
  AuditEntry,
  createJoinCode,
  createOwner,
  createOwnToken,
  createServiceToken,
  createUser,
  getApiDescription,
  getFleet,
  getMe,
  listAudit,
  listJoinCodes,
  listOwnSessions,
  listOwnTokens,
  listTokens,
  listUsers,
  Me,
  NewApiToken,
  NewJoinCode,
  NewUser,
  revokeGrant,
  revokeOwnToken,
  revokeToken,
  updateUser,
} from '@gantry/contract';
import { serveEngineOver } from '@gantry/link';
import { io } from 'socket.io-client';
import {
  addPerson,
  addViewer,
  container,
  endsWithinASecond,
  openDatabaseOf,
  ownersPassword,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  type TestServer,
} from '../../testing/index.ts';

const opened = closedAfterEach();
const web = 'a'.repeat(64);
let server: TestServer;
let owner: TestBrowser;
let agent: TestAgent;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const scripted = scriptedEngine({ web });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, scripted.engine, { caller: 'as-told' }) });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a')], gone: [] } }));
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${agent.id}/_ping` })).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function make(person: TestBrowser, limits: object): Promise<NewApiToken> {
  const answer = await person.call(createOwnToken, { body: { name: 'ci', expiresInDays: 30, ...limits } });
  expect(answer.status).toBe(201);
  return NewApiToken.parse(answer.body);
}

/** A program with a token: no cookie, no origin. */
function program(token: string): TestBrowser {
  return new (class extends TestBrowser {
    override get headers(): Record<string, string> {
      return { authorization: `Bearer ${token}` };
    }
  })(server.url);
}

const engine = (path: string) => ({ method: 'GET' as const, path: `/engine/${agent.id}${path}` as const });

test('a token acts as its owner, by REST and at the engine door, and never beyond its limits', async () => {
  const { token, described } = await make(owner, { permissions: ['container:list', 'container:logs', 'host:view'] });
  const ci = program(token);

  expect(token).toMatch(/^gantry_[\w-]{43}$/);
  expect(token.startsWith(described.prefix)).toBe(true);
  expect((await ci.call(getFleet)).status).toBe(200);
  expect(Me.parse((await ci.call(getMe)).body)).toMatchObject({
    name: 'ada',
    permissions: ['host:view', 'container:list', 'container:logs'],
  });
  expect((await ci.call(engine('/containers/json'))).status).toBe(200);
  expect((await ci.call({ method: 'POST', path: `/engine/${agent.id}/containers/web/start` })).status).toBe(403);
  expect((await ci.call(listUsers)).status).toBe(403);
});

test('a token for one host reaches no other, and nothing of the whole installation', async () => {
  const elsewhere = '00000000-0000-4000-8000-00000000000a';
  const [here, there] = await Promise.all(
    [agent.id, elsewhere].map((host) => make(owner, { permissions: ['container:list', 'host:view', 'joinToken:list'], hosts: [host] })),
  );

  expect((await program(here?.token ?? '').call(engine('/containers/json'))).status).toBe(200);
  expect((await program(there?.token ?? '').call(engine('/containers/json'))).status).toBe(404);
  expect((await program(here?.token ?? '').call(listJoinCodes)).status).toBe(403);
});

test('a token has what its owner has when it is used, not when it was made', async () => {
  const demoted = await addViewer(owner, 'demoted');
  const { id } = Me.parse((await demoted.call(getMe)).body);
  const body = { subject: { kind: 'user', id }, role: 'owner', scope: { kind: 'global' } };
  const granted = AccessGrant.parse((await owner.call(createGrant, { body })).body);
  const { token } = await make(demoted, { permissions: ['joinToken:list', 'container:list'] });
  const ci = program(token);
  expect((await ci.call(listJoinCodes)).status).toBe(200);

  await owner.call(revokeGrant, { params: { grantId: granted.id } });
  expect((await ci.call(listJoinCodes)).status).toBe(403);
  expect((await ci.call(getFleet)).status).toBe(200);
});

test('a token is not its owner: no account, no proof, no other tokens, no page socket', async () => {
  const { token } = await make(owner, { permissions: ['user:manage', 'apiToken:any', 'container:list'] });
  const ci = program(token);

  expect((await ci.call(listUsers)).status).toBe(200);
  expect(await ci.call(createUser, { body: { name: 'by-token', role: 'owner' } })).toMatchObject({
    status: 403,
    body: { details: { needs: 'proof' } },
  });
  expect((await ci.call(createOwnToken, { body: { name: 'x', permissions: ['container:list'], expiresInDays: 1 } })).status).toBe(403);
  expect((await ci.call(listOwnSessions)).status).toBe(403);
  const socket = io(`${server.url}/browser`, {
    transports: ['websocket'],
    extraHeaders: { authorization: `Bearer ${token}`, origin: server.url },
    reconnection: false,
  });
  const outcome = await new Promise<string>((resolve) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('connect_error', ({ message }) => resolve(message));
  });
  socket.disconnect();
  expect(outcome).toMatch(/not for tokens/);
});

test('a revoked token is worth nothing at once, and what was open under it ends within a second', async () => {
  const { token, described } = await make(owner, { permissions: ['container:logs', 'container:view', 'host:view'] });
  const { hostname, port } = new URL(server.url);
  const path = `/engine/${agent.id}/containers/web/logs?follow=1&stdout=1`;
  const sent = request({ hostname, port, path, headers: { authorization: `Bearer ${token}` }, agent: false }).end();
  const [logs] = (await once(sent, 'response')) as [IncomingMessage];
  expect(logs.statusCode).toBe(200);
  await once(logs, 'data');
  sent.on('error', () => undefined);
  const closed = new Promise((resolve) =>
    logs
      .on('error', () => undefined)
      .on('close', resolve)
      .resume(),
  );

  const { status } = await endsWithinASecond(server, closed, () => owner.call(revokeOwnToken, { params: { tokenId: described.id } }));
  expect(status).toBe(204);
  expect((await program(token).call(getMe)).status).toBe(401);
  expect((await program(token).call(engine('/containers/json'))).status).toBe(401);
  expect((await owner.call(revokeOwnToken, { params: { tokenId: described.id } })).status).toBe(404);
});

test('a token ends with its time and with its owner', async () => {
  await using database = await openDatabaseOf(server);
  const person = await addViewer(owner, 'leaving');
  const { id: userId } = Me.parse((await person.call(getMe)).body);
  const [early, late] = [await make(person, { permissions: ['container:list'] }), await make(person, { permissions: ['container:list'] })];

  await database.prisma.apiToken.update({ where: { id: early.described.id }, data: { expiresAt: new Date(Date.now() - 1) } });
  expect((await program(early.token).call(getFleet)).status).toBe(401);
  expect((await program(late.token).call(getFleet)).status).toBe(200);
  await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } });
  expect((await program(late.token).call(getFleet)).status).toBe(401);
});

test('of a token only the hash is kept, and no list, log or address ever has it', async () => {
  const { token, described } = await make(owner, { permissions: ['container:list'] });
  await program(token).call(getFleet);
  await using database = await openDatabaseOf(server);

  await eventually(async () => {
    const [mine] = ApiToken.array()
      .parse((await owner.call(listOwnTokens)).body)
      .filter(({ id }) => id === described.id);
    expect(mine).toMatchObject({ lastAddress: '127.0.0.1', lastUsedAt: expect.any(String) as string });
  });
  const rows = [await database.prisma.apiToken.findMany(), await database.prisma.auditRow.findMany()];
  const everything = JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  expect(everything).not.toContain(token.slice(described.prefix.length));
  for (const query of [`?access_token=${token}`, `?token=${token}`]) {
    const { status } = await new TestBrowser(server.url).call(getApiDescription, { query });
    expect([query, [401, 404].includes(status)]).toEqual([query, true]);
  }
});

test('what is no token of ours does not get in, and a good cookie beside a bad token does not help', async () => {
  const { token } = await make(owner, { permissions: ['container:list'] });
  const changed = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
  for (const wrong of ['', 'x', 'gantry_', changed, `${token}x`, token.toUpperCase()])
    expect((await program(wrong).call(getFleet)).status).toBe(401);

  expect((await owner.call(getMe, { headers: { authorization: `Bearer ${changed}` } })).status).toBe(401);
  expect((await owner.call(getMe, { headers: { authorization: 'Basic cHJveHk6cHJveHk=' } })).status).toBe(200);
});

test('a service has tokens of those who may give what is in them', async () => {
  const { user } = NewUser.parse((await owner.call(createUser, { body: { name: 'deployer', kind: 'service', role: 'operator' } })).body);
  const body = { name: 'deploy', permissions: ['container:list', 'container:restart'], expiresInDays: 90 };
  const answer = await owner.call(createServiceToken, { params: { userId: user.id }, body });
  const { token, described } = NewApiToken.parse(answer.body);

  expect(described).toMatchObject({ owner: { name: 'deployer' } });
  expect((await program(token).call(getMe)).body).toMatchObject({ name: 'deployer' });
  expect(
    ApiToken.array()
      .parse((await owner.call(listTokens)).body)
      .map(({ id }) => id),
  ).toContain(described.id);
  const { id: ada } = Me.parse((await owner.call(getMe)).body);
  expect((await owner.call(createServiceToken, { params: { userId: ada }, body })).status).toBe(409);

  expect((await owner.call(revokeToken, { params: { tokenId: described.id } })).status).toBe(204);
  expect((await program(token).call(getMe)).status).toBe(401);
});

test('nobody makes a token for a service with more than they may themselves', async () => {
  const { user } = NewUser.parse((await owner.call(createUser, { body: { name: 'mighty', kind: 'service', role: 'owner' } })).body);
  const lesser = await addPerson(owner, 'lesser', 'admin');
  const body = { name: 'x', permissions: ['container:list', 'owner:transfer'], expiresInDays: 1 };

  expect(await lesser.call(createServiceToken, { params: { userId: user.id }, body })).toMatchObject({
    status: 403,
    body: { message: 'nobody gives what they do not have there: owner:transfer' },
  });
});

test('a token that comes in the clear is revoked and written down, behind a proxy that says how it came', async () => {
  const proxied = opened.use(await startTestServer({ behindProxy: true, url: 'https://gantry.example' }));
  const admin = new TestBrowser(proxied.url);
  const from = { origin: 'https://gantry.example', 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };
  const name = 'ada';
  await admin.call(createOwner, { body: { code: proxied.setupCode, name, password: ownersPassword }, headers: from });
  const made = await admin.call(createOwnToken, {
    body: { name: 'ci', permissions: ['container:list'], expiresInDays: 1 },
    headers: from,
  });
  const { token, described } = NewApiToken.parse(made.body);
  const use = (headers: Record<string, string>): Promise<number> =>
    new TestBrowser(proxied.url)
      .call(getFleet, { headers: { origin: undefined, authorization: `Bearer ${token}`, ...headers } })
      .then(({ status }) => status);

  expect(await use({ 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'https' })).toBe(200);
  expect(await use({ 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'http' })).toBe(401);
  expect(await use({ 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'https' })).toBe(401);
  const [entry] = AuditEntry.array().parse((await admin.call(listAudit, { query: '?limit=1', headers: from })).body);
  expect(entry).toMatchObject({ who: 'ada', action: 'revokeToken', target: described.id, address: '198.51.100.9' });
});
