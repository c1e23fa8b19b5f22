import { listPasskeys, login, removePasskey } from '@gantry/contract';
import {
  addPerson,
  openDatabaseOf,
  ownersPassword,
  setUp,
  startTestServer,
  type TestBrowser,
  type TestServer,
} from '../../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Two passkeys, and no password, as after a reset that left the second factor. */
async function leaveWithPasskeys(name: string): Promise<string[]> {
  await using database = await openDatabaseOf(server);
  const { id: userId } = await database.prisma.user.update({ where: { name }, data: { passwordHash: null } });
  const keys = ['a', 'b'].map((key) => ({
    credentialId: `${name}-${key}`,
    userId,
    name: key,
    publicKey: new Uint8Array(1),
    transports: [],
  }));
  await database.prisma.passkey.createMany({ data: keys });
  return (await database.prisma.passkey.findMany({ where: { userId }, orderBy: { name: 'asc' } })).map(({ id }) => id);
}

async function remove(browser: TestBrowser, passkeyId: string | undefined): Promise<number> {
  return (await browser.call(removePasskey, { params: { passkeyId: passkeyId ?? '' } })).status;
}

test('an owner without a password keeps the last passkey', async () => {
  const [first, last] = await leaveWithPasskeys('ada');

  expect(await remove(owner, first)).toBe(204);
  expect(await remove(owner, last)).toBe(409);
  expect((await owner.call(listPasskeys)).body).toHaveLength(1);
  expect((await owner.call(login, { body: { name: 'ada', password: ownersPassword } })).status).toBe(401);
});

test('so does anybody, for nothing else would let them in; with a password the last one goes', async () => {
  const vera = await addPerson(owner, 'vera', 'viewer');
  const [first, last] = await leaveWithPasskeys('vera');
  expect(await remove(vera, first)).toBe(204);
  expect(await remove(vera, last)).toBe(409);
  expect(await remove(vera, first)).toBe(404);

  await using database = await openDatabaseOf(server);
  await database.prisma.user.update({ where: { name: 'vera' }, data: { passwordHash: '$argon2id$' } });
  expect(await remove(vera, last)).toBe(204);
});
