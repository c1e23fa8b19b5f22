import {
  addTeamMember,
  beginProviderSignIn,
  beginTotp,
  confirmTotp,
  createGrant,
  createOwnToken,
  createTeam,
  enterWithCode,
  getMe,
  getSetup,
  listAudit,
  listTeams,
  login,
  logout,
  Me,
  NewTotp,
  SetupState,
  Team,
  updateIdentityProvider,
  updateSignInPolicy,
  updateUser,
} from '@gantry/contract';
import { stepAt, totpCode } from '../people/second-factor/totp.ts';
import type { TestProvider } from '../testing/identity-provider.ts';
import { addPerson, openDatabaseOf, ownersPassword, setUp, startTestServer, TestBrowser, type TestServer } from '../testing/index.ts';
import { addProvider, begin, comeBack, returnTo, signInAs, startProviderFor } from '../testing/sign-in-with.ts';

// The whole way, with a real provider on loopback.
let server: TestServer;
let owner: TestBrowser;
let provider: TestProvider;
let team: Team;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  provider = await startProviderFor(server, 'corp', 'other', 'domain', 'careful', 'closed');
  team = Team.parse((await owner.call(createTeam, { body: { name: 'Web' } })).body);
  await owner.call(createGrant, { body: { subject: { kind: 'team', id: team.id }, role: 'viewer', scope: { kind: 'global' } } });
  const mappings = [
    { group: 'web', gives: { kind: 'team', team: team.id } },
    { group: 'ops', gives: { kind: 'role', role: 'operator', addOns: ['exec'], scope: { kind: 'labels', selector: 'team=web' } } },
    { group: 'boss', gives: { kind: 'role', role: 'admin', scope: { kind: 'global' } } },
  ];
  await addProvider(owner, provider, { key: 'corp', name: 'Corp', mappings, secondFactor: 'amr' });
  await addProvider(owner, provider, { key: 'other' });
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
afterEach(() => {
  provider.tampering = undefined;
});

const corp = (subject: string | undefined, next?: string): ReturnType<typeof signInAs> =>
  signInAs(server, provider, { key: 'corp', subject, ...(next === undefined ? {} : { next }) });

/** The bytes of a secret as authenticators take it. */
function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

async function whoIs(browser: TestBrowser): Promise<Me | number> {
  const { status, body } = await browser.call(getMe);
  return status === 200 ? Me.parse(body) : status;
}

async function refusal(way: Promise<{ browser: TestBrowser; location: string }>): Promise<string> {
  const { browser, location } = await way;
  expect([location, await whoIs(browser)]).toEqual([expect.stringMatching(/^\/login\?/), 401]);
  return new URL(location, server.url).searchParams.get('refused') ?? '';
}

test('whoever the provider sends gets an account, what their groups give and nothing else, and goes on to where they wanted', async () => {
  provider.people.set('s-mia', { preferred_username: 'Mia', groups: ['web', 'strangers'] });
  const { browser, location } = await corp('s-mia', '/hosts?q=a#b');

  expect(location).toBe('/hosts?q=a#b');
  expect(await whoIs(browser)).toMatchObject({ name: 'mia', role: 'viewer', needsSecondFactor: false });
  expect(browser.cookie).toMatch(/^gantry=[\w-]{43}$/);
  expect(SetupState.parse((await new TestBrowser(server.url).call(getSetup)).body).providers).toContainEqual({ key: 'corp', name: 'Corp' });
  await browser.call(logout);
  expect(await whoIs(browser)).toBe(401);
  const { body } = await owner.call(listAudit, { query: '?action=loginWithProvider' });
  expect(body).toMatchObject([{ who: 'mia', target: 'corp', outcome: 'done', details: { subject: 's-mia', connected: 'created' } }]);
  const { body: applied } = await owner.call(listAudit, { query: '?action=applyProviderGroups' });
  expect(applied).toMatchObject([
    { who: 'mia', target: 'corp', outcome: 'done', details: { connected: 'created', teamsGiven: [team.id] } },
  ]);
});

test('a group that is gone at the provider takes at the next sign-in what it gave, and leaves what was given by hand', async () => {
  provider.people.set('s-ben', { preferred_username: 'ben', groups: ['web', 'ops', 'boss'] });
  const { browser: first } = await corp('s-ben');
  const me = Me.parse((await first.call(getMe)).body);
  expect(me.permissions).toEqual(expect.arrayContaining(['user:manage', 'container:exec', 'host:view']));
  await owner.call(createGrant, { body: { subject: { kind: 'user', id: me.id }, role: 'auditor', scope: { kind: 'global' } } });

  provider.people.set('s-ben', { preferred_username: 'ben', groups: ['ops'] });
  const { browser: second } = await corp('s-ben');

  // What the first session may is less in the same moment.
  for (const browser of [first, second]) {
    const { permissions } = Me.parse((await browser.call(getMe)).body);
    expect(permissions).not.toContain('user:manage');
    expect(permissions).toEqual(expect.arrayContaining(['container:exec', 'audit:view']));
  }
  const teams = Team.array().parse((await owner.call(listTeams)).body);
  expect(teams.find(({ id }) => id === team.id)?.members.map(({ name }) => name)).not.toContain('ben');
});

test('a place in a team that somebody gave by hand stays when the group that gave it too is gone', async () => {
  provider.people.set('s-kim', { preferred_username: 'kim', groups: ['web'] });
  const { browser } = await corp('s-kim');
  const { id: userId } = Me.parse((await browser.call(getMe)).body);
  await owner.call(addTeamMember, { params: { teamId: team.id, userId } });
  provider.people.set('s-kim', { preferred_username: 'kim' });

  await corp('s-kim');

  expect(await whoIs(browser)).toMatchObject({ role: 'viewer' });
});

test('a group of which the provider says no list, or whose place is no more, gives nothing', async () => {
  const gone = Team.parse((await owner.call(createTeam, { body: { name: 'Gone' } })).body);
  await addProvider(owner, provider, { key: 'careful', mappings: [{ group: 'gone', gives: { kind: 'team', team: gone.id } }] });
  await owner.call({ method: 'DELETE', path: '/api/teams/:teamId' }, { params: { teamId: gone.id } });
  for (const [subject, groups] of [
    ['s-odd', { web: true }],
    ['s-gone', ['gone']],
  ] as const) {
    provider.people.set(subject, { preferred_username: subject, groups });
    const { browser } = await signInAs(server, provider, { key: 'careful', subject });
    expect(await whoIs(browser)).toMatchObject({ name: subject, permissions: [] });
  }
});

test('the same person is known by issuer and subject, whatever they are called', async () => {
  provider.people.set('s-ida', { preferred_username: 'ida' });
  const { browser } = await corp('s-ida');
  const first = Me.parse((await browser.call(getMe)).body);
  provider.people.set('s-ida', { preferred_username: 'ada' });

  expect(await whoIs((await corp('s-ida')).browser)).toMatchObject({ id: first.id, name: 'ida' });
});

describe('nobody comes in', () => {
  test('under the name of somebody who is here already', async () => {
    provider.people.set('s-eve', { preferred_username: 'Ada', email: 'eve@example.org', email_verified: true });
    expect(await refusal(corp('s-eve'))).toBe('name-taken');
  });

  test('who does not agree at the provider, and the session of somebody else in that browser is not used', async () => {
    expect(await refusal(corp(undefined))).toBe('denied');
  });

  test('whose account is disabled', async () => {
    provider.people.set('s-old', { preferred_username: 'old' });
    const { browser } = await corp('s-old');
    const { id: userId } = Me.parse((await browser.call(getMe)).body);
    await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } });

    expect(await whoIs(browser)).toBe(401);
    expect(await refusal(corp('s-old'))).toBe('disabled');
  });

  test('without an account where the provider makes none', async () => {
    await addProvider(owner, provider, { key: 'closed', createsPeople: false });
    expect(await refusal(signInAs(server, provider, { key: 'closed', subject: 's-new' }))).toBe('unknown-person');
  });

  test('without a verified address of the right domain, at any sign-in', async () => {
    await addProvider(owner, provider, { key: 'domain', emailDomains: ['Example.org'] });
    const at = (): Promise<string> => refusal(signInAs(server, provider, { key: 'domain', subject: 's-dom' }));
    expect(await at()).toBe('no-email');
    provider.people.set('s-dom', { email: 'dom@example.org', email_verified: 'true' });
    expect(await at()).toBe('unverified-email');
    provider.people.set('s-dom', { email: 'dom@example.org.evil.net', email_verified: true });
    expect(await at()).toBe('foreign-domain');
    provider.people.set('s-dom', { email: 'Dom@Example.org', email_verified: true });
    const { browser } = await signInAs(server, provider, { key: 'domain', subject: 's-dom' });
    expect(await whoIs(browser)).toMatchObject({ name: 'dom@example.org' });
    provider.people.set('s-dom', { email: 'dom@elsewhere.org', email_verified: true });
    expect(await at()).toBe('foreign-domain');
  });

  test.each([
    ['wrong-nonce', { claims: (claims: object) => ({ ...claims, nonce: 'another' }) }],
    ['wrong-issuer', { claims: (claims: object) => ({ ...claims, iss: 'https://evil.example' }) }],
    ['wrong-audience', { claims: (claims: object) => ({ ...claims, aud: 'other' }) }],
    ['wrong-time', { claims: (claims: object) => ({ ...claims, exp: 1_600_000_000 }) }],
    ['wrong-signature', { withForeignKey: true as const }],
  ])('with a token that is not right: %s', async (reason, tampering) => {
    provider.people.set('s-mia', { preferred_username: 'mia' });
    provider.tampering = tampering;
    expect(await refusal(corp('s-mia'))).toBe(reason);
  });

  test('with a state, a code or an answer that is not of what was begun', async () => {
    provider.next = 's-mia';
    const browser = new TestBrowser(server.url);
    const again = async (change: (address: URL) => void, key = 'corp'): Promise<string> => {
      const address = await provider.walk(await begin(browser, 'corp'));
      change(address);
      return (await comeBack(browser, key, address)).headers.get('location') ?? '';
    };

    expect(await again(({ searchParams }) => searchParams.set('state', 'x'))).toContain('refused=wrong-state');
    expect(await again(({ searchParams }) => searchParams.delete('state'))).toContain('refused=wrong-state');
    expect(await again(({ searchParams }) => searchParams.set('iss', 'https://evil.example'))).toContain('refused=wrong-issuer');
    expect(await again(({ searchParams }) => searchParams.delete('iss'))).toContain('refused=wrong-issuer');
    expect(await again(({ searchParams }) => searchParams.set('code', 'x'.repeat(43)))).toContain('refused=used-code');
    // An answer of one provider at the address of another: mix-up.
    expect(await again(() => undefined, 'other')).toContain('refused=wrong-issuer');
    expect(await whoIs(browser)).toBe(401);
  });

  test('with an answer that was used, or that another browser began', async () => {
    provider.next = 's-mia';
    const mine = new TestBrowser(server.url);
    const address = await provider.walk(await begin(mine, 'corp'));
    const ticket = mine.cookie;
    const victim = new TestBrowser(server.url);

    expect((await comeBack(victim, 'corp', address)).headers.get('location')).toContain('refused=begun-elsewhere');
    expect((await comeBack(mine, 'corp', address)).headers.get('location')).toBe('/');
    mine.cookie = ticket;
    expect((await comeBack(mine, 'corp', address)).headers.get('location')).toContain('refused=begun-elsewhere');
    // Even with a ticket of its own the code is worth nothing a second time.
    await begin(mine, 'corp');
    expect((await comeBack(mine, 'corp', address)).headers.get('location')).toContain('refused=wrong-state');
  });
});

test('a session that somebody planted before is not the one that the person goes on with', async () => {
  const planted = await addPerson(owner, 'planted');
  const { cookie = '' } = planted;
  provider.next = 's-mia';
  const browser = new TestBrowser(server.url);
  const address = await provider.walk(await begin(browser, 'corp'));
  browser.cookie = `${browser.cookie ?? ''}; ${cookie}`;

  expect((await comeBack(browser, 'corp', address)).status).toBe(303);

  expect(browser.cookie).not.toContain(cookie);
  expect(await whoIs(browser)).toMatchObject({ name: 'mia' });
});

test.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/\tevil', '/a b', 'javascript:alert(1)'])(
  'nobody is sent elsewhere afterwards: %j',
  async (next) => {
    const { status } = await new TestBrowser(server.url).call(beginProviderSignIn, { params: { providerKey: 'corp' }, body: { next } });
    expect(status).toBe(400);
  },
);

test('an account is taken over by its name as a verified address alone, and only where whoever set the provider up is above it', async () => {
  await addPerson(owner, 'boss@example.org', 'owner');
  await addPerson(owner, 'worker@example.org', 'viewer');
  const admin = await addPerson(owner, 'admin@example.org', 'admin');
  const linking = await startProviderFor(server, 'linking');
  try {
    await addProvider(admin, linking, { key: 'linking', linksByEmail: true, createsPeople: false });
    const at = (subject: string): ReturnType<typeof signInAs> => signInAs(server, linking, { key: 'linking', subject });
    linking.people.set('s-w', { email: 'worker@example.org', email_verified: false });
    expect(await refusal(at('s-w'))).toBe('unknown-person');
    linking.people.set('s-w', { email: 'worker@example.org' });
    expect(await refusal(at('s-w'))).toBe('unknown-person');
    linking.people.set('s-b', { email: 'boss@example.org', email_verified: true });
    expect(await refusal(at('s-b'))).toBe('unknown-person');
    linking.people.set('s-w', { email: 'Worker@example.org', email_verified: true });
    expect(await whoIs((await at('s-w')).browser)).toMatchObject({ name: 'worker@example.org', role: 'viewer' });
    // Another subject with the same address is somebody else.
    linking.people.set('s-w2', { email: 'worker@example.org', email_verified: true });
    expect(await refusal(at('s-w2'))).toBe('unknown-person');
  } finally {
    await linking[Symbol.asyncDispose]();
  }
});

test('an account is not taken over by its address on the word of somebody who is disabled, nor of whoever changed but the name since', async () => {
  await addPerson(owner, 'clerk@example.org', 'viewer');
  const head = await addPerson(owner, 'head@example.org', 'admin');
  const { id: userId } = Me.parse((await head.call(getMe)).body);
  const linking = await startProviderFor(server, 'vouched');
  try {
    const settings = { linksByEmail: true, createsPeople: false };
    const { issuer } = await addProvider(head, linking, { key: 'vouched', ...settings });
    await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } });
    const at = (): ReturnType<typeof signInAs> => signInAs(server, linking, { key: 'vouched', subject: 's-c' });
    const change = (more: object): Promise<{ status: number }> =>
      owner.call(updateIdentityProvider, {
        params: { providerKey: 'vouched' },
        body: { name: 'Vouched', issuer, clientId: 'vouched', scopes: ['profile', 'email'], ...settings, ...more },
      });
    linking.people.set('s-c', { email: 'clerk@example.org', email_verified: true });
    expect(await refusal(at())).toBe('unknown-person');
    expect((await change({ name: 'Renamed' })).status).toBe(200);
    expect(await refusal(at())).toBe('unknown-person');
    expect((await change({ linksByEmail: false })).status).toBe(200);
    expect((await change({})).status).toBe(200);
    expect(await whoIs((await at()).browser)).toMatchObject({ name: 'clerk@example.org' });
  } finally {
    await linking[Symbol.asyncDispose]();
  }
});

test('a name that looks like an address is not taken from somebody who has not verified it', async () => {
  provider.people.set('s-squat', { preferred_username: 'victim@example.org', email: 'victim@example.org', email_verified: false });
  const { browser } = await corp('s-squat');
  expect(await whoIs(browser)).toMatchObject({ name: expect.stringMatching(/^corp-[0-9a-f]{12}$/) as string });
});

test('a sign-in on a session that the provider had already is no proof that it is them; one that it was to ask for anew is', async () => {
  provider.people.set('s-stale', { preferred_username: 'stale' });
  const isProven = async (browser: TestBrowser): Promise<boolean> => {
    const { status, body } = await browser.call(createOwnToken, { body: { name: 'x', permissions: ['host:view'], expiresInDays: 1 } });
    if (status !== 201) expect([status, body]).toMatchObject([403, { details: { needs: 'proof' } }]);
    return status === 201;
  };
  const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
  for (const told of [{ auth_time: anHourAgo }, { auth_time: undefined }]) {
    provider.tampering = { claims: (claims) => ({ ...claims, ...told }) };
    const { browser, location } = await signInAs(server, provider, { key: 'other', subject: 's-stale' });
    expect([told, location]).toEqual([told, '/']);
    expect([told, await isProven(browser)]).toEqual([told, false]);
  }
  const again = new TestBrowser(server.url);
  const elsewhere = await provider.walk(await begin(again, 'other', { isFresh: true, next: '/hosts' }));
  expect((await comeBack(again, 'other', elsewhere)).headers.get('location')).toBe('/account?refused=no-proof&with=other');
  // Whoever has nothing to prove with may set something up, having just signed in; then that is asked for.
  const { secret } = NewTotp.parse((await again.call(beginTotp)).body);
  const confirmed = await again.call(confirmTotp, { body: { code: totpCode(fromBase32(secret), stepAt(Date.now())) } });
  expect([confirmed.status, await isProven(again)]).toEqual([200, true]);
  provider.tampering = undefined;
  const browser = new TestBrowser(server.url);
  const url = await begin(browser, 'other', { isFresh: true });
  expect(new URL(url).searchParams.get('prompt')).toBe('login');
  provider.people.set('s-fresh', { preferred_username: 'fresh' });
  provider.next = 's-fresh';
  expect((await comeBack(browser, 'other', await provider.walk(url))).headers.get('location')).toBe('/');
  expect(await isProven(browser)).toBe(true);
});

test('where a role demands a second factor, the provider stands for it only if it says so', async () => {
  await owner.call(updateSignInPolicy, { body: { secondFactorRoles: ['viewer'] } });
  try {
    provider.people.set('s-two', { preferred_username: 'two', groups: ['web'] });
    provider.tampering = { claims: (claims) => ({ ...claims, amr: ['pwd'] }) };
    expect(await whoIs((await corp('s-two')).browser)).toMatchObject({ needsSecondFactor: true, permissions: [] });
    provider.tampering = { claims: (claims) => ({ ...claims, amr: ['pwd', 'otp'] }) };
    expect(await whoIs((await corp('s-two')).browser)).toMatchObject({ needsSecondFactor: false, role: 'viewer' });
  } finally {
    await owner.call(updateSignInPolicy, { body: { secondFactorRoles: [] } });
  }
});

test('who has an authenticator here is asked for its code after a provider that does not stand for it', async () => {
  provider.people.set('s-tom', { preferred_username: 'tom' });
  const { browser: tom } = await signInAs(server, provider, { key: 'other', subject: 's-tom' });
  const { secret } = NewTotp.parse((await tom.call(beginTotp)).body);
  const code = (steps: number): string => totpCode(fromBase32(secret), stepAt(Date.now()) + steps);
  expect((await tom.call(confirmTotp, { body: { code: code(-1) } })).status).toBe(200);

  const { browser, location } = await signInAs(server, provider, { key: 'other', subject: 's-tom', next: '/hosts' });
  expect([location, await whoIs(browser)]).toEqual(['/login?code=tom', 401]);
  expect((await browser.call(enterWithCode, { body: { code: '000000' } })).status).toBe(401);
  expect((await new TestBrowser(server.url).call(enterWithCode, { body: { code: code(0) } })).status).toBe(401);
  const ticket = browser.cookie;
  const entered = await browser.call(enterWithCode, { body: { code: code(0) } });
  expect([entered.status, entered.body]).toMatchObject([201, { next: '/hosts', me: { name: 'tom' } }]);
  expect(await whoIs(browser)).toMatchObject({ name: 'tom', needsSecondFactor: false });
  browser.cookie = ticket;
  expect((await browser.call(enterWithCode, { body: { code: code(1) } })).status).toBe(401);
});

test('a provider that is down is named, and the password signs in as ever; a wrong client secret is told as that', async () => {
  const down = await startProviderFor(server, 'down');
  const { key, name, issuer } = await addProvider(owner, down, { key: 'down', name: 'Down', clientSecret: 'not the right one' });
  expect(await refusal(signInAs(server, down, { key, subject: 's-mia' }))).toBe('wrong-client');
  await down[Symbol.asyncDispose]();
  const change = { name, issuer, clientId: 'down', groupsClaim: 'roles', createsPeople: true };
  await owner.call(updateIdentityProvider, { params: { providerKey: key }, body: { ...change, clientSecret: 'another' } });

  const { status, body } = await new TestBrowser(server.url).call(beginProviderSignIn, { params: { providerKey: key }, body: {} });
  expect([status, body]).toEqual([503, expect.objectContaining({ message: expect.stringContaining('Down does not answer') as string })]);
  const ada = new TestBrowser(server.url);
  expect((await ada.call(login, { body: { name: 'ada', password: ownersPassword } })).status).toBe(201);
});

test('many failures from one address lock it for this way in', async () => {
  const own = await startTestServer();
  try {
    await setUp(own);
    const stranger = new TestBrowser(own.url);
    const back = new URL(`${returnTo(own, 'corp')}?code=x&state=x`);
    let location = '';
    for (let tries = 0; tries < 31; tries++) location = (await comeBack(stranger, 'corp', back)).headers.get('location') ?? '';
    expect(location).toBe('/login?refused=too-many&with=corp');
  } finally {
    await own[Symbol.asyncDispose]();
  }
});

test('no secret of a provider is in the database in the clear, nor in the audit log', async () => {
  await using database = await openDatabaseOf(server);
  const rows = await database.prisma.$queryRaw<{ text: string }[]>`
    select row_to_json(p)::text as text from "IdentityProvider" p union all select row_to_json(a)::text from "AuditRow" a`;
  const all = rows.map(({ text }) => text).join('\n');
  expect(all).toContain('s-mia');
  expect(all).not.toContain('kupfer-anker');
  expect(all).not.toContain(Buffer.from('kupfer-anker-wiese').toString('hex'));
});
