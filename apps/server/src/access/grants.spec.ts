import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@gantry/base/testing';
import {
  AccessExplanation,
  AccessGrant,
  addHostToGroup,
  addTeamMember,
  type BodyOf,
  createGrant,
  createHostGroup,
  createIdentityProvider,
  createJoinCode,
  createRole,
  createServiceToken,
  createTeam,
  createUser,
  explainAccess,
  FleetSnapshot,
  getFleet,
  getHost,
  getMe,
  getOverview,
  type GrantScope,
  Host,
  HostGroup,
  listGrants,
  listHostGroups,
  listHosts,
  listTeams,
  Me,
  NewApiToken,
  NewJoinCode,
  NewUser,
  Overview,
  removeHostFromGroup,
  removeIdentityProvider,
  removeRole,
  removeTeam,
  removeTeamMember,
  removeUser,
  resetUser,
  revokeGrant,
  Role,
  Team,
  updateHost,
  updateRole,
  updateUser,
} from '@gantry/contract';
import { addPerson, container, openDatabaseOf, setUp, startTestServer, TestAgent, TestBrowser, type TestServer } from '../testing/index.ts';

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
    const labels = { 'com.docker.compose.project': project, 'com.docker.compose.service': 'web' };
    const upserts = [container('a', { name: `${project}-web`, labels }), container('b', { name: `${project}-loose`, state: 'exited' })];
    agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts, gone: [] } }));
    agent.spool.append(() => ({
      kind: 'event',
      body: { type: 'container', action: 'die', actorId: 'b'.repeat(64), attributes: { name: `${project}-loose` }, atMs: 5 },
    }));
  }
  await eventually(async () => {
    expect(await rowsOf(owner)).toHaveLength(4);
    expect(Overview.parse((await owner.call(getOverview)).body).events).toHaveLength(2);
  });
});
afterAll(async () => {
  for (const agent of agents) await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const [first, second] = [(): string => agents[0]?.id ?? '', (): string => agents[1]?.id ?? ''];

async function rowsOf(browser: TestBrowser): Promise<string[]> {
  return FleetSnapshot.parse((await browser.call(getFleet)).body).rows.map(({ name }) => name);
}

interface Person {
  readonly browser: TestBrowser;
  readonly id: string;
  readonly name: string;
}

/** Somebody new who has nothing yet. */
async function somebody(): Promise<Person> {
  const name = `person-${number++}`;
  const browser = await addPerson(owner, name);
  return { browser, name, id: Me.parse((await browser.call(getMe)).body).id };
}

type Wanted = Partial<BodyOf<typeof createGrant>> & { role: string; scope: GrantScope };

async function give(to: Person, wanted: Wanted, by = owner): Promise<AccessGrant> {
  const answer = await by.call(createGrant, { body: { subject: { kind: 'user', id: to.id }, ...wanted } });
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  return AccessGrant.parse(answer.body);
}

async function refusal(to: Person, wanted: Wanted, by: TestBrowser): Promise<number> {
  return (await by.call(createGrant, { body: { subject: { kind: 'user', id: to.id }, ...wanted } })).status;
}

test('somebody without a grant sees nothing and may nothing', async () => {
  const { browser } = await somebody();

  expect(Me.parse((await browser.call(getMe)).body)).toMatchObject({ permissions: [] });
  expect(await rowsOf(browser)).toEqual([]);
  expect((await browser.call(listHosts)).body).toEqual([]);
  expect(Overview.parse((await browser.call(getOverview)).body)).toMatchObject({
    hosts: { total: 0 },
    containers: { total: 0 },
    attention: [],
    events: [],
  });
  expect((await browser.call(listGrants)).status).toBe(403);
});

test('a grant shows what is in its scope, whole hosts, single stacks, and what labels mean, and no trace of anything else', async () => {
  const [ofHost, ofStack, ofLabels] = [await somebody(), await somebody(), await somebody()];
  await owner.call(updateHost, { params: { hostId: first() }, body: { name: 'alpha', labels: { team: 'web' } } });
  await owner.call(updateHost, { params: { hostId: second() }, body: { name: 'beta', labels: { team: 'db' } } });
  await give(ofHost, { role: 'viewer', scope: { kind: 'host', host: first() } });
  await give(ofStack, { role: 'operator', scope: { kind: 'stack', host: first(), project: 'shop' } });
  await give(ofLabels, { role: 'viewer', scope: { kind: 'labels', selector: 'team=web,env!=prod' } });

  expect((await rowsOf(ofHost.browser)).sort()).toEqual(['shop-loose', 'shop-web']);
  expect(await rowsOf(ofStack.browser)).toEqual(['shop-web']);
  expect((await rowsOf(ofLabels.browser)).sort()).toEqual(['shop-loose', 'shop-web']);
  for (const { browser } of [ofHost, ofStack, ofLabels]) {
    const answers = [
      await browser.call(listHosts),
      await browser.call(getOverview),
      await browser.call(getFleet),
      await browser.call(listHostGroups),
    ];
    const text = JSON.stringify(answers.map(({ body }) => body));
    for (const foreign of ['bank', 'beta', second()]) expect(text).not.toContain(foreign);
  }
  const [part] = Host.array().parse((await ofStack.browser.call(listHosts)).body);
  expect(part).toEqual({
    ...{ id: first(), name: 'alpha', status: 'active', link: 'live', joinedAt: expect.anything() as string },
    ...{ keyFingerprint: '', labels: {}, containers: { total: 1, running: 1, trouble: 0 } },
  });
  expect(Overview.parse((await ofHost.browser.call(getOverview)).body)).toMatchObject({
    ...{ hosts: { total: 1 }, containers: { total: 2, exited: 1 }, events: [{ name: 'shop-loose' }] },
  });
  expect(Overview.parse((await ofStack.browser.call(getOverview)).body)).toMatchObject({
    hosts: { total: 0 },
    containers: { total: 1 },
    events: [],
  });
});

test('a host that is foreign and one that is not there are the same answer', async () => {
  const { browser, ...person } = await somebody();
  await give({ browser, ...person }, { role: 'host-admin', scope: { kind: 'host', host: first() } });
  const missing = '00000000-0000-4000-8000-000000000000';

  for (const row of [getHost, updateHost]) {
    const ask = async (hostId: string): Promise<unknown> => {
      const { status, body } = await browser.call(row, { params: { hostId }, ...(row === updateHost ? { body: { name: 'x' } } : {}) });
      return JSON.parse(JSON.stringify([status, body]).replaceAll(hostId, 'HOST'));
    };
    expect(await ask(second())).toEqual(await ask(missing));
    expect(((await ask(second())) as [number])[0]).toBe(404);
  }
  expect((await browser.call(getHost, { params: { hostId: first() } })).status).toBe(200);
});

test('nobody gives what they do not have, and where they do not have it', async () => {
  const [keeper, admin, other] = [await somebody(), await somebody(), await somebody()];
  const here: GrantScope = { kind: 'host', host: first() };
  await give(keeper, { role: 'host-admin', scope: here });
  await give(admin, { role: 'admin', scope: { kind: 'global' } });

  await give(other, { role: 'operator', scope: here }, keeper.browser);
  await give(other, { role: 'deployer', scope: { kind: 'stack', host: first(), project: 'shop' } }, keeper.browser);
  expect(await refusal(other, { role: 'operator', scope: here, addOns: ['exec'] }, keeper.browser)).toBe(403);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'host', host: second() } }, keeper.browser)).toBe(403);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'global' } }, keeper.browser)).toBe(403);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'labels', selector: 'a=b' } }, keeper.browser)).toBe(403);
  expect(await refusal(other, { role: 'owner', scope: { kind: 'global' } }, admin.browser)).toBe(403);
  expect(await refusal(other, { role: 'deployer', scope: here, addOns: ['env'] }, admin.browser)).toBe(403);
  expect((await admin.browser.call(createUser, { body: newcomer('owner') })).status).toBe(403);
  expect((await admin.browser.call(createRole, { body: { name: 'peeker', permissions: ['env:reveal'] } })).status).toBe(403);
  const { id } = Me.parse((await owner.call(getMe)).body);
  for (const [row, body] of [
    [removeUser, undefined],
    [resetUser, {}],
    [updateUser, { isDisabled: true }],
    [updateUser, { name: 'no-longer-ada' }],
  ] as const)
    expect([row.name, (await admin.browser.call(row, { params: { userId: id }, body })).status]).toEqual([row.name, 403]);
  expect((await owner.call(getMe)).body).toMatchObject({ name: 'ada' });
});

test('a service is granted as a person is, and its token has no more', async () => {
  const made = await owner.call(createUser, { body: { name: `service-${number++}`, kind: 'service' } });
  const { id } = NewUser.parse(made.body).user;
  const limits = { name: 'all', permissions: ['container:list', 'container:view', 'host:view'], expiresInDays: 1 };
  const { token } = NewApiToken.parse((await owner.call(createServiceToken, { params: { userId: id }, body: limits })).body);
  const rows = async (): Promise<unknown> => {
    const { body } = await new TestBrowser(server.url).call(getFleet, { headers: { origin: undefined, authorization: `Bearer ${token}` } });
    return FleetSnapshot.parse(body).rows.map(({ name }) => name);
  };

  expect(await rows()).toEqual([]);
  const scope: GrantScope = { kind: 'stack', host: first(), project: 'shop' };
  const granted = await owner.call(createGrant, { body: { subject: { kind: 'service', id }, role: 'operator', scope } });
  expect(await rows()).toEqual(['shop-web']);
  await owner.call(revokeGrant, { params: { grantId: AccessGrant.parse(granted.body).id } });
  expect(await rows()).toEqual([]);
});

function newcomer(role: string): object {
  return { name: `newcomer-${number++}`, role };
}

test('a grant that means nothing is refused and named', async () => {
  const other = await somebody();
  const missing = '00000000-0000-4000-8000-000000000000';

  expect(await refusal(other, { role: 'boss', scope: { kind: 'global' } }, owner)).toBe(404);
  expect(await refusal(other, { role: missing, scope: { kind: 'global' } }, owner)).toBe(404);
  expect(await refusal({ ...other, id: missing }, { role: 'viewer', scope: { kind: 'global' } }, owner)).toBe(404);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'host', host: missing } }, owner)).toBe(404);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'group', group: missing } }, owner)).toBe(404);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'labels', selector: 'env!=prod' } }, owner)).toBe(400);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'global' }, addOns: ['exec'] }, owner)).toBe(400);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'global' }, expiresAt: '2020-01-01T00:00:00.000Z' }, owner)).toBe(400);
  expect(await refusal(other, { role: 'viewer', scope: { kind: 'global', host: first() } as unknown as GrantScope }, owner)).toBe(400);
});

test('one of two owners who both let go at once stays', async () => {
  const other = await somebody();
  const mine = AccessGrant.array()
    .parse((await owner.call(listGrants)).body)
    .find(({ role, createdBy }) => role.id === 'owner' && createdBy === 'ada');
  const theirs = await give(other, { role: 'owner', scope: { kind: 'global' } });
  const revoke = async (browser: TestBrowser, grantId = ''): Promise<number> =>
    (await browser.call(revokeGrant, { params: { grantId } })).status;

  const statuses = await Promise.all([revoke(owner, theirs.id), revoke(other.browser, mine?.id)]);
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  const left = statuses[0] === 204 ? owner : other.browser;
  if (left !== owner)
    await give(
      { browser: owner, name: 'ada', id: Me.parse((await owner.call(getMe)).body).id },
      { role: 'owner', scope: { kind: 'global' } },
      left,
    );
  const grants = AccessGrant.array()
    .parse((await owner.call(listGrants)).body)
    .filter(({ role }) => role.id === 'owner');
  for (const { id, subject } of grants) if (subject.name !== 'ada') expect(await revoke(owner, id)).toBe(204);
  const [last] = AccessGrant.array()
    .parse((await owner.call(listGrants)).body)
    .filter(({ role }) => role.id === 'owner');
  expect(await revoke(owner, last?.id)).toBe(409);
});

test('a grant that ends by itself ends at its time', async () => {
  const { browser, ...person } = await somebody();
  await give({ browser, ...person }, { role: 'viewer', scope: { kind: 'global' }, expiresAt: new Date(Date.now() + 1_500).toISOString() });

  expect(await rowsOf(browser)).toHaveLength(4);
  await eventually(async () => expect(await rowsOf(browser)).toEqual([]));
});

test('what somebody has for a time they give, keep or pass on for no longer, and take away as before', async () => {
  const [timed, other] = [await somebody(), await somebody()];
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  await give(timed, { role: 'admin', scope: { kind: 'global' }, expiresAt: at(60) });
  const viewer = { role: 'viewer', scope: { kind: 'global' } } as const;

  expect(await refusal(timed, { role: 'admin', scope: { kind: 'global' } }, timed.browser)).toBe(403);
  expect(await refusal(other, { ...viewer, expiresAt: at(61) }, timed.browser)).toBe(403);
  await give(other, { ...viewer, expiresAt: at(59) }, timed.browser);
  expect((await timed.browser.call(createUser, { body: newcomer('viewer') })).status).toBe(403);
  const lasting = await give(other, viewer);
  expect((await timed.browser.call(revokeGrant, { params: { grantId: lasting.id } })).status).toBe(204);

  const team = Team.parse((await owner.call(createTeam, { body: { name: `team-${number++}` } })).body);
  await owner.call(createGrant, { body: { subject: { kind: 'team', id: team.id }, ...viewer } });
  const [mine, theirs] = [timed.id, other.id].map((userId) => ({ teamId: team.id, userId }));
  expect((await timed.browser.call(addTeamMember, { params: mine ?? {} })).status).toBe(403);
  await owner.call(addTeamMember, { params: theirs ?? {} });
  expect((await timed.browser.call(removeTeamMember, { params: theirs ?? {} })).status).toBe(200);

  const { user } = NewUser.parse((await owner.call(createUser, { body: { ...newcomer('viewer'), kind: 'service' } })).body);
  const body = { name: 'x', permissions: ['container:list'], expiresInDays: 1 };
  expect(await timed.browser.call(createServiceToken, { params: { userId: user.id }, body })).toMatchObject({
    status: 403,
    body: { message: 'nobody gives for longer than they have it themselves: container:list' },
  });
  const role = Role.parse((await timed.browser.call(createRole, { body: { name: 'timed', permissions: ['host:view'] } })).body);
  const edit = { params: { roleId: role.id }, body: { name: 'timed', permissions: ['host:view', 'container:list'] } };
  expect((await timed.browser.call(updateRole, edit)).status).toBe(403);
});

test('a team gives what it has to those who are in it, and nobody is taken into one that has more than who takes them in', async () => {
  const [member, keeper] = [await somebody(), await somebody()];
  const team = Team.parse((await owner.call(createTeam, { body: { name: 'night shift' } })).body);
  await owner.call(createGrant, {
    body: { subject: { kind: 'team', id: team.id }, role: 'viewer', scope: { kind: 'host', host: second() } },
  });
  await give(keeper, { role: 'host-admin', scope: { kind: 'host', host: first() } });
  const params = { teamId: team.id, userId: member.id };

  expect((await owner.call(createTeam, { body: { name: 'Night Shift' } })).status).toBe(409);
  expect((await keeper.browser.call(addTeamMember, { params })).status).toBe(404);
  expect((await keeper.browser.call(listTeams)).body).toEqual([]);
  expect(Team.parse((await owner.call(addTeamMember, { params })).body).members).toEqual([{ id: member.id, name: member.name }]);
  expect((await rowsOf(member.browser)).sort()).toEqual(['bank-loose', 'bank-web']);
  await owner.call(removeTeamMember, { params });
  expect(await rowsOf(member.browser)).toEqual([]);
  await owner.call(addTeamMember, { params });
  await owner.call(removeTeam, { params });
  expect(await rowsOf(member.browser)).toEqual([]);
});

test('a team without a grant is there for its maker and for those alone who manage teams everywhere, until it is granted something', async () => {
  const [keeper, other, admin, member] = [await somebody(), await somebody(), await somebody(), await somebody()];
  for (const one of [keeper, other]) await give(one, { role: 'host-admin', scope: { kind: 'host', host: first() } });
  await give(admin, { role: 'admin', scope: { kind: 'global' } });
  const team = Team.parse((await keeper.browser.call(createTeam, { body: { name: `team-${number++}` } })).body);
  const params = { teamId: team.id, userId: member.id };

  expect((await other.browser.call(addTeamMember, { params })).status).toBe(404);
  expect((await other.browser.call(removeTeam, { params })).status).toBe(404);
  expect((await other.browser.call(listTeams)).body).not.toContainEqual(expect.objectContaining({ id: team.id }));
  for (const one of [keeper, admin])
    expect((await one.browser.call(listTeams)).body).toContainEqual(expect.objectContaining({ id: team.id }));
  expect((await keeper.browser.call(addTeamMember, { params })).status).toBe(200);
  const body = { subject: { kind: 'team', id: team.id }, role: 'viewer', scope: { kind: 'host', host: first() } };
  expect((await keeper.browser.call(createGrant, { body })).status).toBe(201);
  expect((await other.browser.call(removeTeamMember, { params })).status).toBe(200);
  await owner.call(createGrant, { body: { ...body, scope: { kind: 'host', host: second() } } });
  expect((await keeper.browser.call(removeTeam, { params })).status).toBe(404);
});

test('a role that people made gives what it lists, changes for all who have it, and stays while somebody has it', async () => {
  const person = await somebody();
  const role = Role.parse((await owner.call(createRole, { body: { name: 'lister', permissions: ['container:list'] } })).body);
  const grant = await give(person, { role: role.id, scope: { kind: 'global' } });

  expect((await owner.call(createRole, { body: { name: 'Viewer', permissions: [] } })).status).toBe(409);
  expect(await rowsOf(person.browser)).toHaveLength(4);
  await owner.call(updateRole, { params: { roleId: role.id }, body: { name: 'lister', permissions: ['host:view'] } });
  expect(await rowsOf(person.browser)).toEqual([]);
  expect((await owner.call(removeRole, { params: { roleId: role.id } })).status).toBe(409);
  await owner.call(revokeGrant, { params: { grantId: grant.id } });
  expect((await owner.call(removeRole, { params: { roleId: role.id } })).status).toBe(204);
});

test('who has a grant of a group of hosts has it on each host in it, from when it is put in until it is taken out', async () => {
  const [person, keeper] = [await somebody(), await somebody()];
  const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name: 'production' } })).body);
  await give(person, { role: 'deployer', scope: { kind: 'group', group: group.id }, addOns: ['env'] });
  const params = { groupId: group.id, hostId: second() };

  expect(await rowsOf(person.browser)).toEqual([]);
  expect(HostGroup.parse((await owner.call(addHostToGroup, { params })).body).hosts).toEqual([second()]);
  expect(await rowsOf(person.browser)).toHaveLength(2);
  await give(keeper, { role: 'host-admin', scope: { kind: 'group', group: group.id } });
  await give(keeper, { role: 'host-admin', scope: { kind: 'host', host: first() } });
  const mine = { groupId: group.id, hostId: first() };
  expect((await keeper.browser.call(addHostToGroup, { params: mine })).status).toBe(403); // `env` is not theirs to give
  await owner.call(removeHostFromGroup, { params });
  expect(await rowsOf(person.browser)).toEqual([]);
});

test('who may label a host gives nobody more than they have themselves by doing so', async () => {
  const [keeper, person] = [await somebody(), await somebody()];
  await give(keeper, { role: 'host-admin', scope: { kind: 'host', host: second() } });
  await give(person, { role: 'deployer', scope: { kind: 'labels', selector: 'tier=gold' }, addOns: ['env'] });
  const label = async (browser: TestBrowser, labels: Record<string, string>): Promise<number> =>
    (await browser.call(updateHost, { params: { hostId: second() }, body: { labels } })).status;

  expect(await label(keeper.browser, { tier: 'gold' })).toBe(403);
  expect(await label(keeper.browser, { tier: 'silver' })).toBe(200);
  expect(await label(keeper.browser, {})).toBe(403); // a container there that calls itself gold would be theirs then
  expect(await rowsOf(person.browser)).toEqual([]);
  expect(await label(owner, { tier: 'gold' })).toBe(200);
  expect(await rowsOf(person.browser)).toHaveLength(2);
});

test('whoever sees more than a host is there for who manages that host; labels of a host that will join are given as on one that is there', async () => {
  const [keeper, watcher, admin] = [await somebody(), await somebody(), await somebody()];
  await give(keeper, { role: 'host-admin', scope: { kind: 'host', host: second() } });
  await give(watcher, { role: 'viewer', scope: { kind: 'global' } });
  await give(watcher, { role: 'operator', scope: { kind: 'host', host: second() } }, keeper.browser);
  const [golden, elsewhere] = [await somebody(), await somebody()];
  await give(golden, { role: 'viewer', scope: { kind: 'labels', selector: 'tier=gold' } });
  await give(golden, { role: 'operator', scope: { kind: 'host', host: second() } }, keeper.browser);
  await give(elsewhere, { role: 'viewer', scope: { kind: 'labels', selector: 'tier=iron' } });
  expect(await refusal(elsewhere, { role: 'operator', scope: { kind: 'host', host: second() } }, keeper.browser)).toBe(404);

  await give(admin, { role: 'admin', scope: { kind: 'global' } });
  const invite = async (tier: string): Promise<number> => (await admin.browser.call(createJoinCode, { body: { labels: { tier } } })).status;
  expect([await invite('gold'), await invite('bronze')]).toEqual([403, 201]); // somebody has `env` by tier=gold
});

test('what groups of a provider give to whoever comes counts like a grant, though nobody has come yet', async () => {
  const keeper = await somebody();
  const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name: 'promised' } })).body);
  for (const scope of [{ kind: 'group', group: group.id } as const, { kind: 'host', host: second() } as const])
    await give(keeper, { role: 'host-admin', scope });
  const promising = async (scope: GrantScope): Promise<void> => {
    const gives = { kind: 'role', role: 'deployer', addOns: ['env'], scope };
    const settings = {
      name: 'Corp',
      issuer: 'https://sso.example',
      clientId: 'gantry',
      isEnabled: false,
      mappings: [{ group: 'a', gives }],
    };
    expect((await owner.call(createIdentityProvider, { body: { key: 'corp', ...settings } })).status).toBe(201);
  };
  const removing = async (): Promise<unknown> => owner.call(removeIdentityProvider, { params: { providerKey: 'corp' } });
  const put = async (): Promise<number> =>
    (await keeper.browser.call(addHostToGroup, { params: { groupId: group.id, hostId: second() } })).status;
  const label = async (): Promise<number> =>
    (await keeper.browser.call(updateHost, { params: { hostId: second() }, body: { labels: { tier: 'promised' } } })).status;

  await promising({ kind: 'group', group: group.id });
  expect(await put()).toBe(403); // `env` is not theirs to give
  await removing();
  expect(await put()).toBe(200);
  await promising({ kind: 'labels', selector: 'tier=promised' });
  expect(await label()).toBe(403);
  await removing();
  expect(await label()).toBe(200);
  await owner.call(updateHost, { params: { hostId: second() }, body: { labels: { tier: 'gold' } } });
});

test('labels of a host are decided in turn with grants: one that is being given counts', async () => {
  const [keeper, person] = [await somebody(), await somebody()];
  await give(keeper, { role: 'host-admin', scope: { kind: 'host', host: second() } });
  await using database = await openDatabaseOf(server);
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  const { promise: held, resolve: hold } = Promise.withResolvers<undefined>();
  const holding = database.prisma.$transaction(async (transaction) => {
    await transaction.$executeRaw`select pg_advisory_xact_lock(7443001)`;
    hold(undefined);
    await released;
  });
  await held;
  const giving = give(person, { role: 'deployer', scope: { kind: 'labels', selector: 'tier=silver-plate' }, addOns: ['env'] });
  await eventually(async () => {
    const waiting = await database.prisma.$queryRaw<unknown[]>`select 1 from pg_locks where locktype = 'advisory' and not granted`;
    expect(waiting).toHaveLength(1);
  });
  const body = { labels: { tier: 'silver-plate' } };
  const labelling = keeper.browser.call(updateHost, { params: { hostId: second() }, body });
  const before = await Promise.race([labelling.then(() => 'decided'), pause(300, 'waits')]);
  release(undefined);
  await holding;
  await giving;

  expect(before).toBe('waits');
  expect((await labelling).status).toBe(403);
});

test('an explanation names the grant that allows, or what comes nearest and whom to ask, about others only for who manages people', async () => {
  const person = await somebody();
  const team = Team.parse((await owner.call(createTeam, { body: { name: `team-${number++}` } })).body);
  await owner.call(addTeamMember, { params: { teamId: team.id, userId: person.id } });
  await owner.call(createGrant, {
    body: { subject: { kind: 'team', id: team.id }, role: 'viewer', scope: { kind: 'host', host: first() } },
  });
  const ask = async (browser: TestBrowser, query: string): Promise<{ status: number; body: unknown }> =>
    browser.call(explainAccess, { query });

  const allowed = AccessExplanation.parse(
    (await ask(person.browser, `?permission=container:logs&resource=container/${first()}/shop-web`)).body,
  );
  expect(allowed).toMatchObject({ isAllowed: true, grant: { role: 'viewer', team: team.name }, ask: [] });
  const denied = AccessExplanation.parse(
    (await ask(owner, `?user=${person.name}&permission=container:start&resource=container/${first()}/shop-web`)).body,
  );
  expect(denied).toMatchObject({ who: person.name, isAllowed: false, miss: 'role', grant: { role: 'viewer' } });
  expect(denied.ask).toContain('ada');
  expect((await ask(person.browser, `?user=ada&permission=container:start`)).status).toBe(403);
  expect((await ask(person.browser, `?permission=host:view&resource=host/${second()}`)).status).toBe(404);
  expect((await ask(person.browser, `?permission=host:view&resource=planet/x`)).status).toBe(400);
});
