import { eventually } from '@gantry/base/testing';
import {
  AccessGrant,
  AccessRequest,
  approveAccessRequest,
  AuditEntry,
  type BodyOf,
  createAccessRequest,
  createGrant,
  createJoinCode,
  declineAccessRequest,
  FleetSnapshot,
  getFleet,
  getMe,
  type GrantScope,
  listAccessRequests,
  listAudit,
  listOwnAccessRequests,
  Me,
  NewJoinCode,
  withdrawAccessRequest,
} from '@gantry/contract';
import {
  type Answer,
  addPerson,
  container,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
const agents: TestAgent[] = [];
let number = 0;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  for (const project of ['shop', 'bank']) {
    const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
    const agent = await TestAgent.join(server.url, code);
    agents.push(agent);
    const labels = { 'com.docker.compose.project': project };
    agent.spool.append(() => ({
      kind: 'inventory',
      body: { mode: 'delta', upserts: [container('a', { name: `${project}-web`, labels })], gone: [] },
    }));
  }
  await eventually(async () => expect(FleetSnapshot.parse((await owner.call(getFleet)).body).rows).toHaveLength(2));
});
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const [first, second] = [(): string => agents[0]?.id ?? '', (): string => agents[1]?.id ?? ''];

interface Person {
  readonly browser: TestBrowser;
  readonly id: string;
}

async function somebody(role?: string, scope?: GrantScope): Promise<Person> {
  const browser = await addPerson(owner, `asker-${number++}`);
  const { id } = Me.parse((await browser.call(getMe)).body);
  const body = { subject: { kind: 'user', id }, role, scope };
  if (role) expect((await owner.call(createGrant, { body })).status).toBe(201);
  return { browser, id };
}

const asksFor = (permission: string, resource: string): BodyOf<typeof createAccessRequest> =>
  ({ permission, resource, reason: 'the shop is down', hours: 4 }) as BodyOf<typeof createAccessRequest>;

const ask = ({ browser }: Person, permission: string, resource: string): Promise<Answer> =>
  browser.call(createAccessRequest, { body: asksFor(permission, resource) });

const openOf = async ({ browser }: Person): Promise<AccessRequest[]> =>
  AccessRequest.array().parse((await browser.call(listAccessRequests)).body);

const ownOf = async ({ browser }: Person): Promise<AccessRequest[]> =>
  AccessRequest.array().parse((await browser.call(listOwnAccessRequests)).body);

test('who asks is given what somebody with the right approves, for as long as that says, and both are written down', async () => {
  const [asker, keeper, foreign] = [
    await somebody('viewer', { kind: 'stack', host: first(), project: 'shop' }),
    await somebody('host-admin', { kind: 'host', host: first() }),
    await somebody('host-admin', { kind: 'host', host: second() }),
  ];
  const asked = await ask(asker, 'container:restart', `container/${first()}/shop-web`);
  expect([asked.status, asked.body]).toEqual([201, expect.objectContaining({ state: 'open', hours: 4 })]);
  const { id } = AccessRequest.parse(asked.body);

  expect((await openOf(keeper)).map((one) => one.id)).toEqual([id]);
  expect(await openOf(foreign)).toEqual([]);
  const scope: GrantScope = { kind: 'stack', host: first(), project: 'shop' };
  const body = { role: 'operator', scope, expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  const params = { requestId: id };
  expect((await foreign.browser.call(approveAccessRequest, { params, body })).status).toBe(404);
  expect((await asker.browser.call(approveAccessRequest, { params, body })).status).toBe(403);
  expect((await keeper.browser.call(approveAccessRequest, { params, body: { ...body, scope: { kind: 'global' } } })).status).toBe(403);
  expect((await openOf(keeper)).map((one) => one.state)).toEqual(['open']);

  const approved = await keeper.browser.call(approveAccessRequest, { params, body });
  expect(AccessGrant.parse(approved.body)).toMatchObject({
    subject: { id: asker.id },
    role: { id: 'operator' },
    expiresAt: body.expiresAt,
  });
  expect(Me.parse((await asker.browser.call(getMe)).body).permissions).toContain('container:restart');
  expect(await ownOf(asker)).toEqual([expect.objectContaining({ id, state: 'approved' })]);
  expect((await keeper.browser.call(approveAccessRequest, { params, body })).status).toBe(409);
  const entries = AuditEntry.array().parse((await owner.call(listAudit, { query: `?text=${id}` })).body);
  expect(entries.map(({ action, outcome }) => [action, outcome])).toContainEqual(['approveAccessRequest', 'done']);
});

test('who declines says why, and who asked reads it; a request is decided once', async () => {
  const [asker, other] = [await somebody('viewer', { kind: 'host', host: first() }), await somebody('viewer', { kind: 'global' })];
  const { id } = AccessRequest.parse((await ask(asker, 'files:read', `container/${first()}/shop-web`)).body);
  const params = { requestId: id };
  const decline = (browser: TestBrowser): Promise<Answer> =>
    browser.call(declineAccessRequest, { params, body: { reason: 'read the logs instead' } });

  expect((await decline(other.browser)).status).toBe(403);
  expect((await decline(owner)).status).toBe(200);
  expect(await ownOf(asker)).toEqual([expect.objectContaining({ state: 'declined', answer: 'read the logs instead', decidedBy: 'ada' })]);
  expect((await decline(owner)).status).toBe(409);
  expect((await asker.browser.call(withdrawAccessRequest, { params })).status).toBe(409);
  expect(await openOf({ browser: owner, id: '' })).toEqual([]);
});

test('nobody asks for what they have, for what they do not see, or beyond the limits; nobody decides their own request', async () => {
  const asker = await somebody('viewer', { kind: 'host', host: first() });
  const keeper = await somebody('host-admin', { kind: 'host', host: first() });

  expect((await ask(asker, 'container:logs', `container/${first()}/shop-web`)).status).toBe(409);
  expect(await ask(asker, 'container:logs', `container/${second()}/bank-web`)).toMatchObject({
    status: 404,
    body: { message: `no such host: ${second()}` },
  });
  expect((await ask(await somebody(), 'container:logs', 'installation')).status).toBe(403);
  expect((await ask(asker, 'container:stop', `planet/${first()}`)).status).toBe(400);

  const asks = ['container:start', 'container:stop', 'container:kill', 'container:pause', 'container:exec'];
  const answers = await Promise.all(asks.map((permission) => ask(asker, permission, `host/${first()}`)));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
  expect((await ask(asker, 'container:start', `host/${first()}`)).status).toBe(409);
  expect((await ask(asker, 'container:create', `host/${first()}`)).status).toBe(429);
  const [mine] = await ownOf(asker);
  expect((await keeper.browser.call(withdrawAccessRequest, { params: { requestId: mine?.id ?? '' } })).status).toBe(404);
  expect((await asker.browser.call(withdrawAccessRequest, { params: { requestId: mine?.id ?? '' } })).status).toBe(204);
  expect((await ask(asker, 'container:create', `host/${first()}`)).status).toBe(201);

  const own = AccessRequest.parse((await ask(keeper, 'host:shell', `host/${first()}`)).body);
  expect((await openOf(keeper)).map(({ id }) => id)).not.toContain(own.id);
  expect((await keeper.browser.call(declineAccessRequest, { params: { requestId: own.id }, body: { reason: 'why not' } })).status).toBe(
    404,
  );
});
