import { argon2, type Argon2Parameters, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import {
  createGrant,
  createJoinCode,
  createOwnToken,
  createUser,
  describePasswordLink,
  getMe,
  listUsers,
  login,
  Me,
  NewJoinCode,
  NewUser,
  PasswordLink,
  proveIdentity,
  removeUser,
  resetUser,
  rows,
  updateUser,
  usePasswordLink,
  User,
} from '@gantry/contract';
import { GrantsStore } from '../access/grants.store.ts';
import { RightsService } from '../access/rights.service.ts';
import { recentMs, SessionsService } from '../sessions/sessions.service.ts';
import { SessionsStore } from '../sessions/sessions.store.ts';
import {
  addPerson,
  addViewer,
  openDatabaseOf,
  ownersPassword,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  type TestServer,
  tokenOf,
  viewersPassword,
} from '../testing/index.ts';

const password = 'hafer-tinte-wolke-drei';
let server: TestServer;
let owner: TestBrowser;
let agent: TestAgent;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code);
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function invite(name: string): Promise<{ id: string; token: string; path: string }> {
  const { user, link } = NewUser.parse((await owner.call(createUser, { body: { name, role: 'viewer' } })).body);
  return { id: user.id, token: tokenOf(link?.path), path: link?.path ?? '' };
}

async function idOf(name: string): Promise<string> {
  const users = User.array().parse((await owner.call(listUsers)).body);
  return users.find((user) => user.name === name)?.id ?? '-';
}

function signIn(name: string, secret = password): Promise<{ status: number }> {
  return new TestBrowser(server.url).call(login, { body: { name, password: secret } });
}

test('an invited person chooses the password with the link, once, and nobody else ever knew one', async () => {
  const { token, path } = await invite('ines');
  const anybody = new TestBrowser(server.url);

  expect(path).toMatch(/^\/invite#[\w-]{43}$/);
  expect((await anybody.call(describePasswordLink, { body: { token } })).body).toMatchObject({ name: 'ines' });
  expect((await owner.call(listUsers)).body).toContainEqual(expect.objectContaining({ name: 'ines', state: 'invited' }));
  expect((await anybody.call(usePasswordLink, { body: { token, password: 'ines-password1' } })).status).toBe(400);
  expect((await anybody.call(usePasswordLink, { body: { token, password } })).status).toBe(204);
  expect((await anybody.call(usePasswordLink, { body: { token, password: viewersPassword } })).status).toBe(404);
  expect((await anybody.call(describePasswordLink, { body: { token } })).status).toBe(404);

  expect((await signIn('ines')).status).toBe(201);
  expect((await owner.call(listUsers)).body).toContainEqual(expect.objectContaining({ name: 'ines', state: 'active' }));
});

test('of several who use one link at once one does', async () => {
  const { token } = await invite('ivo');
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async (_, number) => {
      const body = { token, password: `${password}-${number}` };
      return (await new TestBrowser(server.url).call(usePasswordLink, { body })).status;
    }),
  );

  expect(statuses.sort()).toEqual([204, 404, 404, 404, 404, 404]);
});

test('a link is over when it expires and when another one is made, and only its hash is kept', async () => {
  const { id, token } = await invite('iris');
  await using database = await openDatabaseOf(server);
  expect(JSON.stringify(await database.prisma.passwordLink.findMany())).not.toContain(token);
  const second = PasswordLink.parse((await owner.call(resetUser, { params: { userId: id }, body: {} })).body);
  const anybody = new TestBrowser(server.url);

  expect((await anybody.call(usePasswordLink, { body: { token, password } })).status).toBe(404);
  await database.prisma.passwordLink.updateMany({ where: { userId: id }, data: { expiresAt: new Date(Date.now() - 1) } });
  expect((await anybody.call(usePasswordLink, { body: { token: tokenOf(second.path), password } })).status).toBe(404);
});

test('whoever is disabled is out at once, whatever they still hold, and is back when enabled', async () => {
  const dora = await addViewer(owner, 'dora');
  const userId = await idOf('dora');

  expect((await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } })).body).toMatchObject({ state: 'disabled' });
  expect((await dora.call(getMe)).status).toBe(401);
  expect((await signIn('dora', viewersPassword)).status).toBe(401);
  expect((await owner.call(resetUser, { params: { userId }, body: {} })).status).toBe(409);

  expect((await owner.call(updateUser, { params: { userId }, body: { isDisabled: false } })).body).toMatchObject({ state: 'active' });
  expect((await dora.call(getMe)).status).toBe(401);
  expect((await signIn('dora', viewersPassword)).status).toBe(201);
});

test('a reset ends every session and the old password; the link brings a new one', async () => {
  const rosa = await addViewer(owner, 'rosa');
  const { path } = PasswordLink.parse((await owner.call(resetUser, { params: { userId: await idOf('rosa') }, body: {} })).body);

  expect((await rosa.call(getMe)).status).toBe(401);
  expect((await signIn('rosa', viewersPassword)).status).toBe(401);
  expect((await new TestBrowser(server.url).call(usePasswordLink, { body: { token: tokenOf(path), password } })).status).toBe(204);
  expect((await signIn('rosa')).status).toBe(201);
});

test('a renamed person signs in under the new name, and the session they have shows it', async () => {
  const nina = await addViewer(owner, 'nina');
  const userId = await idOf('nina');

  expect((await owner.call(updateUser, { params: { userId }, body: { name: 'ADA' } })).status).toBe(409);
  expect((await owner.call(updateUser, { params: { userId }, body: { name: 'Nina.Berg' } })).body).toMatchObject({ name: 'nina.berg' });
  expect((await nina.call(getMe)).body).toMatchObject({ name: 'nina.berg' });
  expect((await signIn('nina', viewersPassword)).status).toBe(401);
  expect((await signIn('nina.berg', viewersPassword)).status).toBe(201);
});

test('the last owner can be neither removed nor disabled, not even where a service holds the role as well', async () => {
  await owner.call(createUser, { body: { name: 'robot', kind: 'service', role: 'owner' } });
  const userId = await idOf('ada');

  expect((await owner.call(removeUser, { params: { userId } })).status).toBe(409);
  expect((await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } })).status).toBe(409);
  expect((await owner.call(resetUser, { params: { userId }, body: {} })).body).toMatchObject({
    message: expect.stringMatching(/without an owner who can sign in; an owner changes their own password/) as string,
  });
  expect((await owner.call(getMe)).status).toBe(200);
});

test('an owner who was only invited, or was reset, is none that could be left', async () => {
  const { user } = NewUser.parse((await owner.call(createUser, { body: { name: 'otto', role: 'owner' } })).body);
  const userId = await idOf('ada');

  expect((await owner.call(removeUser, { params: { userId } })).status).toBe(409);
  await using database = await openDatabaseOf(server);
  await database.prisma.user.update({ where: { id: user.id }, data: { passwordHash: await cheapHash(password) } });
  expect((await owner.call(resetUser, { params: { userId: user.id }, body: {} })).status).toBe(201);
  expect((await owner.call(updateUser, { params: { userId }, body: { isDisabled: true } })).status).toBe(409);
});

test('a link is worth nothing once its maker may not act on that person: promoted, or the maker demoted or disabled', async () => {
  const anybody = new TestBrowser(server.url);
  const use = async (token: string): Promise<number> => (await anybody.call(usePasswordLink, { body: { token, password } })).status;
  const admin = await addPerson(owner, 'adam', 'admin');
  const adamId = await idOf('adam');
  const make = async (name: string): Promise<{ id: string; token: string }> => {
    const { user, link } = NewUser.parse((await admin.call(createUser, { body: { name, role: 'viewer' } })).body);
    return { id: user.id, token: tokenOf(link?.path) };
  };
  const [good, promoted, late] = [await make('greta'), await make('paul'), await make('lara')];
  const subject = { kind: 'user', id: promoted.id };
  await owner.call(createGrant, { body: { subject, role: 'owner', scope: { kind: 'global' } } });

  expect(await use(good.token)).toBe(204);
  expect(await use(promoted.token)).toBe(404);
  expect((await anybody.call(describePasswordLink, { body: { token: promoted.token } })).status).toBe(404);
  await owner.call(updateUser, { params: { userId: adamId }, body: { isDisabled: true } });
  expect(await use(late.token)).toBe(404);
});

test('a reset leaves whoever got in nothing: no session, no API token', async () => {
  const rita = await addViewer(owner, 'rita');
  const body = { name: 'ci', permissions: ['container:list'], expiresInDays: 1 };
  expect((await rita.call(createOwnToken, { body })).status).toBe(201);
  const userId = await idOf('rita');

  expect((await owner.call(resetUser, { params: { userId }, body: {} })).status).toBe(201);
  await using database = await openDatabaseOf(server);
  expect(await database.prisma.apiToken.count({ where: { userId } })).toBe(0);
  expect((await rita.call(getMe)).status).toBe(401);
});

test('a service has no link and signs in nowhere', async () => {
  const { body } = await owner.call(createUser, { body: { name: 'backup', kind: 'service', role: 'viewer' } });

  expect(NewUser.parse(body)).toMatchObject({ user: { kind: 'service', state: 'active' } });
  expect(NewUser.parse(body).link).toBeUndefined();
  expect((await signIn('backup', '')).status).toBe(400);
  expect((await signIn('backup', 'undefined')).status).toBe(401);
  expect((await owner.call(resetUser, { params: { userId: await idOf('backup') }, body: {} })).status).toBe(409);
});

test('a hash of another cost is made again when its password is at hand', async () => {
  await addViewer(owner, 'hans');
  await using database = await openDatabaseOf(server);
  const old = await cheapHash(viewersPassword);
  await database.prisma.user.update({ where: { name: 'hans' }, data: { passwordHash: old } });

  expect((await signIn('hans', 'wrong')).status).toBe(401);
  expect(await database.prisma.user.findUnique({ where: { name: 'hans' } })).toMatchObject({ passwordHash: old });
  expect((await signIn('hans', viewersPassword)).status).toBe(201);
  const { passwordHash } = await database.prisma.user.findUniqueOrThrow({ where: { name: 'hans' } });
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect((await signIn('hans', viewersPassword)).status).toBe(201);
});

test('what is dangerous needs a proof of the last ten minutes, which changes the cookie', async () => {
  const { id } = Me.parse((await owner.call(getMe)).body);
  await using database = await openDatabaseOf(server);
  const other = new TestBrowser(server.url);
  await other.call(login, { body: { name: 'ada', password: ownersPassword } });
  const { cookie } = other;
  const sessions = new SessionsService(new SessionsStore(database), new RightsService(new GrantsStore(database)));
  await database.prisma.session.updateMany({ where: { userId: id }, data: { provenAt: new Date(Date.now() - recentMs - 1000) } });
  const found = await sessions.find(cookie?.split('=')[1] ?? '');
  expect(sessions.isProven(found?.sessionId ?? '')).toBe(false);

  expect((await other.call(proveIdentity, { body: { password: 'wrong' } })).status).toBe(401);
  expect((await other.call(proveIdentity, { body: { password: ownersPassword } })).status).toBe(204);
  expect(other.cookie).not.toBe(cookie);
  const stolen = new TestBrowser(server.url);
  stolen.cookie = cookie;
  expect((await stolen.call(getMe)).status).toBe(401);
  expect((await other.call(getMe)).status).toBe(200);
});

test.each(rows.filter(({ recent }) => recent))(
  '$name is refused to somebody whose proof is old, who is told what is needed',
  async (row) => {
    const realNow = Date.now;
    Date.now = () => realNow() + recentMs + 1000;
    try {
      const names = [...row.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
      const params = Object.fromEntries(names.map((name) => [name, name === 'hostId' ? agent.id : randomUUID()]));
      const answer = await owner.call(row, { params, ...(row.body ? { body: {} } : {}) });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden', details: { needs: 'proof' } } });
    } finally {
      Date.now = realNow;
    }
  },
);

async function cheapHash(text: string): Promise<string> {
  const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;
  const nonce = Buffer.from('0123456789abcdef');
  const tag = await derive('argon2id', { message: text, nonce, memory: 8192, passes: 1, parallelism: 1, tagLength: 32 });
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=8192,t=1,p=1$${base64(nonce)}$${base64(tag)}`;
}
