import {
  beginOwnIdentity,
  checkIdentityProvider,
  createGrant,
  createIdentityProvider,
  createRole,
  createTeam,
  getMe,
  IdentityProvider,
  listIdentityProviders,
  listOwnIdentities,
  listTeams,
  Me,
  OwnIdentity,
  removeIdentityProvider,
  removeOwnIdentity,
  removeTeamMember,
  resetUser,
  Team,
  updateIdentityProvider,
} from '@gantry/contract';
import { clientSecret, type TestProvider } from '../testing/identity-provider.ts';
import { addPerson, setUp, startTestServer, TestBrowser, type TestServer } from '../testing/index.ts';
import { addProvider, comeBack, signInAs, startProviderFor } from '../testing/sign-in-with.ts';

let server: TestServer;
let owner: TestBrowser;
let admin: TestBrowser;
let provider: TestProvider;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  admin = await addPerson(owner, 'admin', 'admin');
  provider = await startProviderFor(server, 'corp', 'own', 'maps');
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const settings = (change: object = {}): object => ({ name: 'Corp', issuer: provider.issuer, clientId: 'corp', ...change });

test('a provider is added, described without its secret, changed, checked and removed', async () => {
  const added = await owner.call(createIdentityProvider, { body: { ...settings(), key: 'corp', clientSecret } });
  expect([added.status, added.body]).toEqual([
    201,
    {
      ...{ key: 'corp', name: 'Corp', issuer: provider.issuer, clientId: 'corp', hasClientSecret: true, scopes: ['profile', 'email'] },
      ...{ groupsClaim: 'groups', mappings: [], createsPeople: false, linksByEmail: false, emailDomains: [], secondFactor: 'never' },
      ...{ isEnabled: true, people: 0, createdAt: expect.any(String) as string },
      returnAddress: `${server.url}/api/session/providers/corp/callback`,
    },
  ]);
  const params = { providerKey: 'corp' };
  expect((await owner.call(createIdentityProvider, { body: { ...settings(), key: 'corp' } })).status).toBe(409);
  expect((await owner.call(createIdentityProvider, { body: { ...settings({ name: 'corp' }), key: 'corp2' } })).status).toBe(409);
  expect((await owner.call(checkIdentityProvider, { params })).body).toEqual({ isGood: true });
  const changed = await owner.call(updateIdentityProvider, { params, body: settings({ name: 'Company' }) });
  expect(IdentityProvider.parse(changed.body)).toMatchObject({ name: 'Company', hasClientSecret: true });

  expect((await owner.call(removeIdentityProvider, { params })).status).toBe(204);
  expect((await owner.call(listIdentityProviders)).body).toEqual([]);
  expect((await owner.call(removeIdentityProvider, { params })).status).toBe(404);
});

test('a secret that is kept is not told to another issuer', async () => {
  await addProvider(owner, provider, { key: 'corp' });
  const params = { providerKey: 'corp' };
  const elsewhere = settings({ issuer: 'https://elsewhere.example' });

  expect((await owner.call(updateIdentityProvider, { params, body: elsewhere })).status).toBe(400);
  expect((await owner.call(updateIdentityProvider, { params, body: { ...elsewhere, clientSecret: null } })).status).toBe(200);
  const check = await owner.call(checkIdentityProvider, { params });
  expect(check.body).toMatchObject({ isGood: false, problem: expect.stringContaining('https://elsewhere.example') as string });
  await owner.call(removeIdentityProvider, { params });
});

test.each([
  'http://sso.example.org',
  'https://user:password@sso.example.org',
  'https://sso.example.org?x=1',
  'ftp://sso.example.org',
  'sso.example.org',
])('an issuer that is none, or that others could read, is refused: %s', async (issuer) => {
  const { status, body } = await owner.call(createIdentityProvider, { body: { ...settings({ issuer }), key: 'corp' } });
  expect([status, (body as { message: string }).message]).toEqual([400, expect.stringContaining('issuer') as string]);
});

test('nobody lets groups give what they do not have, nor changes or removes a provider whose groups do', async () => {
  const owners = Team.parse((await owner.call(createTeam, { body: { name: 'Owners' } })).body);
  await owner.call(createGrant, { body: { subject: { kind: 'team', id: owners.id }, role: 'owner', scope: { kind: 'global' } } });
  const role = { group: 'a', gives: { kind: 'role', role: 'owner', scope: { kind: 'global' } } };
  const place = { group: 'a', gives: { kind: 'team', team: owners.id } };
  const less = { group: 'a', gives: { kind: 'role', role: 'viewer', scope: { kind: 'global' } } };
  const add = async (browser: TestBrowser, mappings: object[]): Promise<number> =>
    (await browser.call(createIdentityProvider, { body: { ...settings({ mappings }), key: 'maps' } })).status;
  const params = { providerKey: 'maps' };

  expect(await add(admin, [role])).toBe(403);
  expect(await add(admin, [place])).toBe(403);
  expect(await add(admin, [{ ...place, gives: { kind: 'team', team: owners.id.toUpperCase() } }])).toBe(403);
  expect(await add(admin, [{ ...place, gives: { kind: 'team', team: '00000000-0000-4000-8000-000000000000' } }])).toBe(404);
  expect(await add(admin, [{ ...role, gives: { ...role.gives, role: 'emperor' } }])).toBe(404);
  expect(await add(admin, [{ ...less, gives: { ...less.gives, addOns: ['exec'] } }])).toBe(400);
  expect(await add(owner, [role, place])).toBe(201);
  expect((await admin.call(updateIdentityProvider, { params, body: settings({ mappings: [less] }) })).status).toBe(403);
  expect((await admin.call(removeIdentityProvider, { params })).status).toBe(403);
  expect((await owner.call(updateIdentityProvider, { params, body: settings({ mappings: [less] }) })).status).toBe(200);
  expect((await admin.call(removeIdentityProvider, { params })).status).toBe(204);
});

test('whoever manages providers but neither grants nor teams maps groups to none, not even to what they have themselves', async () => {
  const permissions = ['host:view', 'sso:manage'];
  const role = (await owner.call(createRole, { body: { name: 'Sign-in', permissions } })).body as { id: string };
  const keeper = await addPerson(owner, 'keeper');
  const { id } = Me.parse((await keeper.call(getMe)).body);
  await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role: role.id, scope: { kind: 'global' } } });
  const empty = Team.parse((await owner.call(createTeam, { body: { name: 'Empty' } })).body);
  const mapping = { group: 'a', gives: { kind: 'role', role: role.id, scope: { kind: 'global' } } };
  const place = { group: 'a', gives: { kind: 'team', team: empty.id } };
  const params = { providerKey: 'maps' };
  const add = async (mappings: object[]): Promise<number> =>
    (await keeper.call(createIdentityProvider, { body: { ...settings({ mappings }), key: 'maps' } })).status;

  expect(await add([mapping])).toBe(403);
  expect(await add([place])).toBe(404);
  expect(await add([])).toBe(201);
  expect((await owner.call(updateIdentityProvider, { params, body: settings({ mappings: [place] }) })).status).toBe(200);
  expect((await keeper.call(removeIdentityProvider, { params })).status).toBe(404);
  expect((await owner.call(removeIdentityProvider, { params })).status).toBe(204);
});

test('what a mapping gave is gone at once with the mapping, and with the provider', async () => {
  const team = Team.parse((await owner.call(createTeam, { body: { name: 'Mapped' } })).body);
  await owner.call(createGrant, { body: { subject: { kind: 'team', id: team.id }, role: 'auditor', scope: { kind: 'global' } } });
  const operator = { group: 'a', gives: { kind: 'role', role: 'operator', scope: { kind: 'global' } } };
  const mappings = [operator, { group: 'a', gives: { kind: 'team', team: team.id } }];
  const { key } = await addProvider(owner, provider, { key: 'maps', mappings });
  provider.people.set('s-max', { preferred_username: 'max', groups: ['a'] });
  const { browser } = await signInAs(server, provider, { key, subject: 's-max' });
  const may = async (): Promise<readonly string[]> => Me.parse((await browser.call(getMe)).body).permissions;
  expect(await may()).toEqual(expect.arrayContaining(['container:start', 'audit:view']));

  await owner.call(updateIdentityProvider, { params: { providerKey: key }, body: settings({ clientId: 'maps', mappings: [operator] }) });
  expect(await may()).toContain('container:start');
  expect(await may()).not.toContain('audit:view');

  await owner.call(removeIdentityProvider, { params: { providerKey: key } });
  expect(await may()).toEqual([]);
});

test('what the groups of one issuer gave is gone once the provider has another', async () => {
  const operator = { group: 'a', gives: { kind: 'role', role: 'operator', scope: { kind: 'global' } } };
  await addProvider(owner, provider, { key: 'maps', mappings: [operator] });
  provider.people.set('s-move', { preferred_username: 'move', groups: ['a'] });
  const { browser } = await signInAs(server, provider, { key: 'maps', subject: 's-move' });
  const params = { providerKey: 'maps' };
  const body = settings({ clientId: 'maps', issuer: 'https://elsewhere.example', clientSecret: null, mappings: [operator] });
  expect((await owner.call(updateIdentityProvider, { params, body })).status).toBe(200);

  expect(Me.parse((await browser.call(getMe)).body).permissions).toEqual([]);
  await owner.call(removeIdentityProvider, { params });
});

test('whoever is taken out of a team by hand is not put back when somebody else signs in', async () => {
  const team = Team.parse((await owner.call(createTeam, { body: { name: 'Left' } })).body);
  await addProvider(owner, provider, { key: 'maps', mappings: [{ group: 'a', gives: { kind: 'team', team: team.id } }] });
  for (const name of ['leaver', 'stayer']) provider.people.set(`s-${name}`, { preferred_username: name, groups: ['a'] });
  const { browser } = await signInAs(server, provider, { key: 'maps', subject: 's-leaver' });
  const { id: userId } = Me.parse((await browser.call(getMe)).body);
  await owner.call(removeTeamMember, { params: { teamId: team.id, userId } });
  await signInAs(server, provider, { key: 'maps', subject: 's-stayer' });

  const teams = Team.array().parse((await owner.call(listTeams)).body);
  expect(teams.find(({ id }) => id === team.id)?.members.map(({ name }) => name)).toEqual(['stayer']);
  await owner.call(removeIdentityProvider, { params: { providerKey: 'maps' } });
});

test('what a mapping gave until the provider was asked is not given, and nobody comes in by one that was switched off meanwhile', async () => {
  const operator = { group: 'a', gives: { kind: 'role', role: 'operator', scope: { kind: 'global' } } };
  const { key } = await addProvider(owner, provider, { key: 'maps', name: 'Corp', mappings: [operator] });
  provider.people.set('s-quick', { preferred_username: 'quick', groups: ['a'] });
  const params = { providerKey: key };
  const meanwhile = (change: object): { meanwhile: () => Promise<unknown> } => ({
    meanwhile: () => owner.call(updateIdentityProvider, { params, body: settings({ clientId: key, createsPeople: true, ...change }) }),
  });
  provider.tampering = meanwhile({});
  const { browser } = await signInAs(server, provider, { key, subject: 's-quick' });
  provider.tampering = meanwhile({ isEnabled: false });
  const { location } = await signInAs(server, provider, { key, subject: 's-quick' });
  provider.tampering = undefined;

  expect(Me.parse((await browser.call(getMe)).body)).toMatchObject({ name: 'quick', permissions: [] });
  expect(location).toContain('refused=switched-off');
  await owner.call(removeIdentityProvider, { params });
});

describe('somebody connects their own account', () => {
  let person: TestBrowser;
  const connect = async (browser: TestBrowser, subject: string): Promise<string> => {
    const { cookie } = browser;
    const { status, body } = await browser.call(beginOwnIdentity, { params: { providerKey: 'own' } });
    expect(status).toBe(201);
    provider.next = subject;
    const address = await provider.walk((body as { url: string }).url);
    const location = (await comeBack(browser, 'own', address)).headers.get('location') ?? '';
    browser.cookie = cookie;
    return location;
  };
  const identities = async (): Promise<OwnIdentity[]> => OwnIdentity.array().parse((await person.call(listOwnIdentities)).body);
  beforeAll(async () => {
    await addProvider(owner, provider, { key: 'own', createsPeople: false });
    person = await addPerson(owner, 'pia', 'viewer');
  });

  test('and signs in with either from then on, until it is disconnected', async () => {
    expect(await connect(person, 's-pia')).toBe('/account');
    expect(await identities()).toMatchObject([{ issuer: provider.issuer, provider: 'The own' }]);
    const { browser } = await signInAs(server, provider, { key: 'own', subject: 's-pia' });
    expect(Me.parse((await browser.call(getMe)).body)).toMatchObject({ name: 'pia' });
    expect(await connect(admin, 's-pia')).toBe('/account?refused=somebody-elses&with=own');

    const [identity] = await identities();
    expect((await person.call(removeOwnIdentity, { params: { identityId: identity?.id ?? '' } })).status).toBe(204);
    expect((await signInAs(server, provider, { key: 'own', subject: 's-pia' })).location).toContain('refused=unknown-person');
  });

  test('and a reset ends that, for whoever got in might have done it', async () => {
    await connect(person, 's-thief');
    const { id: userId } = Me.parse((await person.call(getMe)).body);
    await owner.call(resetUser, { params: { userId }, body: {} });

    expect((await signInAs(server, provider, { key: 'own', subject: 's-thief' })).location).toContain('refused=unknown-person');
  });

  test('and a reset while the provider is being asked ends that too', async () => {
    const late = await addPerson(owner, 'late', 'viewer');
    const { id: userId } = Me.parse((await late.call(getMe)).body);
    provider.tampering = { meanwhile: () => owner.call(resetUser, { params: { userId }, body: {} }) };
    expect(await connect(late, 's-late')).toContain('refused=begun-elsewhere');
    provider.tampering = undefined;

    expect((await signInAs(server, provider, { key: 'own', subject: 's-late' })).location).toContain('refused=unknown-person');
  });

  test('and what each provider of that issuer gave is gone with it', async () => {
    const auditor = { group: 'a', gives: { kind: 'role', role: 'auditor', scope: { kind: 'global' } } };
    await addProvider(owner, provider, { key: 'maps', mappings: [auditor] });
    const both = await addPerson(owner, 'both');
    provider.people.set('s-both', { groups: ['a'] });
    await connect(both, 's-both');
    await signInAs(server, provider, { key: 'maps', subject: 's-both' });
    expect(Me.parse((await both.call(getMe)).body).permissions).toContain('audit:view');
    await signInAs(server, provider, { key: 'own', subject: 's-both' });

    const [identity] = OwnIdentity.array().parse((await both.call(listOwnIdentities)).body);
    expect((await both.call(removeOwnIdentity, { params: { identityId: identity?.id ?? '' } })).status).toBe(204);
    expect(Me.parse((await both.call(getMe)).body).permissions).toEqual([]);
    await owner.call(removeIdentityProvider, { params: { providerKey: 'maps' } });
  });

  test('and nobody gives up the last thing that lets them in', async () => {
    await addProvider(owner, provider, { key: 'maps', createsPeople: true });
    const { browser } = await signInAs(server, provider, { key: 'maps', subject: 's-lone' });
    const [identity] = OwnIdentity.array().parse((await browser.call(listOwnIdentities)).body);
    const { status } = await browser.call(removeOwnIdentity, { params: { identityId: identity?.id ?? '' } });
    expect(status).toBe(409);
  });
});
