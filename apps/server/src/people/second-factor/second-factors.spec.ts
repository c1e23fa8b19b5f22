import {
  AccessGrant,
  beginTotp,
  confirmTotp,
  createGrant,
  getFleet,
  getMe,
  getSecondFactors,
  login,
  Me,
  NewTotp,
  proveIdentity,
  RecoveryCodes,
  removeTotp,
  renewRecoveryCodes,
  resetUser,
  revokeGrant,
  updateSignInPolicy,
} from '@gantry/contract';
import { io } from 'socket.io-client';
import {
  addPerson,
  addViewer,
  openDatabaseOf,
  setUp,
  startTestServer,
  TestBrowser,
  type TestServer,
  viewersPassword,
} from '../../testing/index.ts';
import { stepAt, totpCode } from './totp.ts';

let server: TestServer;
let owner: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What an authenticator shows; a later step stands for waiting. */
function shown(secret: string, later = 0): string {
  const bits = Array.from(secret, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  return totpCode(bytes, stepAt(Date.now()) + later);
}

async function enrol(name: string): Promise<{ browser: TestBrowser; secret: string; codes: string[] }> {
  const browser = await addViewer(owner, name);
  const { secret } = NewTotp.parse((await browser.call(beginTotp)).body);
  const { codes } = RecoveryCodes.parse((await browser.call(confirmTotp, { body: { code: shown(secret) } })).body);
  return { browser, secret, codes };
}

function signIn(name: string, code?: string): ReturnType<TestBrowser['call']> {
  return new TestBrowser(server.url).call(login, { body: { name, password: viewersPassword, ...(code === undefined ? {} : { code }) } });
}

test('an authenticator counts when its first code is confirmed; then a sign-in needs a code as well', async () => {
  const tina = await addViewer(owner, 'tina');
  const elsewhere = new TestBrowser(server.url);
  await elsewhere.call(login, { body: { name: 'tina', password: viewersPassword } });
  const first = NewTotp.parse((await tina.call(beginTotp)).body);
  const { secret } = NewTotp.parse((await tina.call(beginTotp)).body);
  expect((await signIn('tina')).status).toBe(201);

  expect((await tina.call(confirmTotp, { body: { code: shown(first.secret) } })).status).toBe(401);
  const before = tina.cookie;
  const { codes } = RecoveryCodes.parse((await tina.call(confirmTotp, { body: { code: shown(secret) } })).body);
  expect(new Set(codes).size).toBe(10);
  expect(tina.cookie).not.toBe(before);
  expect((await elsewhere.call(getMe)).status).toBe(401);
  expect((await tina.call(getSecondFactors)).body).toEqual({
    hasTotp: true,
    passkeys: 0,
    recoveryCodesLeft: 10,
    isRequired: false,
    hasPassword: true,
  });

  expect(await signIn('tina')).toMatchObject({ status: 401, body: { details: { needs: 'code' } } });
  expect(await signIn('tina', '000000')).toMatchObject({ status: 401, body: { details: { needs: 'code', field: 'code' } } });
  expect((await signIn('tina', shown(secret, 1))).status).toBe(201);
  expect((await tina.call(beginTotp)).status).toBe(409);
});

test('a code that was taken is taken no more, and of several who use it at once one is let in', async () => {
  const { secret } = await enrol('rolf');
  expect((await signIn('rolf', shown(secret))).status).toBe(401);

  const answers = await Promise.all(Array.from({ length: 4 }, () => signIn('rolf', shown(secret, 1))));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401]);
});

test('a recovery code stands in for the authenticator once, in any spelling, and new ones end the old ones', async () => {
  const { browser, codes } = await enrol('rita');
  const [first = '', second = '', third = ''] = codes;

  expect((await signIn('rita', first.toLowerCase().replaceAll('-', ' '))).status).toBe(201);
  expect((await signIn('rita', first)).status).toBe(401);
  expect((await browser.call(getSecondFactors)).body).toMatchObject({ recoveryCodesLeft: 9 });
  const renewed = RecoveryCodes.parse((await browser.call(renewRecoveryCodes)).body);
  expect((await signIn('rita', second)).status).toBe(401);
  expect((await signIn('rita', renewed.codes[0])).status).toBe(201);
  expect((await signIn('rita', third)).status).toBe(401);
});

test('codes are tried five times, also by somebody who tries many at once', async () => {
  await enrol('gerd');
  const answers = await Promise.all(Array.from({ length: 12 }, (_, number) => signIn('gerd', String(100_000 + number))));

  expect(answers.map(({ status }) => status).sort()).toEqual([
    ...Array.from({ length: 5 }, () => 401),
    ...Array.from({ length: 7 }, () => 429),
  ]);
});

test('neither the secret nor a recovery code is readable in the database', async () => {
  const { secret, codes } = await enrol('dirk');
  await using database = await openDatabaseOf(server);
  const everything = JSON.stringify([await database.prisma.totp.findMany(), await database.prisma.recoveryCode.findMany()]);

  for (const text of [secret, ...codes]) expect(everything).not.toContain(text);
});

test('a proof may be a code as well', async () => {
  const { browser, secret, codes } = await enrol('paul');

  expect((await browser.call(proveIdentity, { body: { code: shown(secret, 1) } })).status).toBe(204);
  expect((await browser.call(proveIdentity, { body: { code: codes[3] } })).status).toBe(204);
  expect((await browser.call(proveIdentity, { body: { code: codes[3] } })).status).toBe(401);
  expect((await browser.call(proveIdentity, { body: {} })).status).toBe(400);
});

test('without the authenticator a password is enough again, and a reset takes it away where that is asked for', async () => {
  const { browser } = await enrol('olga');
  expect((await browser.call(removeTotp)).status).toBe(204);
  expect((await signIn('olga')).status).toBe(201);

  const { browser: udo } = await enrol('udo');
  const { id: userId } = Me.parse((await udo.call(getMe)).body);
  await using database = await openDatabaseOf(server);
  await owner.call(resetUser, { params: { userId }, body: {} });
  expect(await database.prisma.totp.count({ where: { userId } })).toBe(1);
  await owner.call(resetUser, { params: { userId }, body: { secondFactor: true } });
  expect(await database.prisma.totp.count({ where: { userId } })).toBe(0);
  expect(await database.prisma.recoveryCode.count({ where: { userId } })).toBe(0);
});

test('whoever is given a role that demands a second factor, anywhere, is cut off and sets one up first', async () => {
  const wanda = await addPerson(owner, 'wanda');
  const { id } = Me.parse((await wanda.call(getMe)).body);
  const body = { subject: { kind: 'user', id }, role: 'operator', scope: { kind: 'labels', selector: 'team=w' } };
  await owner.call(updateSignInPolicy, { body: { secondFactorRoles: ['operator'] } });
  const socket = io(`${server.url}/browser`, { transports: ['websocket'], extraHeaders: wanda.headers, reconnection: false });
  try {
    const ended = new Promise<unknown>((resolve) => socket.on('ended', resolve));
    await new Promise<void>((resolve) => socket.on('connect', resolve));
    expect((await wanda.call(getFleet)).status).toBe(200);

    const granted = AccessGrant.parse((await owner.call(createGrant, { body })).body);
    expect(await ended).toEqual({ reason: 'revoked' });
    expect(await wanda.call(getFleet)).toMatchObject({ status: 403, body: { details: { needs: 'second-factor' } } });
    await owner.call(revokeGrant, { params: { grantId: granted.id } });
    expect((await wanda.call(getFleet)).status).toBe(200);
  } finally {
    await owner.call(updateSignInPolicy, { body: { secondFactorRoles: [] } });
    socket.disconnect();
  }
});

test('a session that was opened with the password alone has no second factor because the person owns a passkey', async () => {
  const petra = await addViewer(owner, 'petra');
  const { id: userId } = Me.parse((await petra.call(getMe)).body);
  await using database = await openDatabaseOf(server);
  const passkey = { credentialId: 'of-petra', userId, name: 'phone', publicKey: new Uint8Array([1]), transports: [] };
  await database.prisma.passkey.create({ data: passkey });
  try {
    await owner.call(updateSignInPolicy, { body: { secondFactorRoles: ['viewer'] } });
    expect(await petra.call(getFleet)).toMatchObject({ status: 403, body: { details: { needs: 'second-factor' } } });
  } finally {
    await owner.call(updateSignInPolicy, { body: { secondFactorRoles: [] } });
  }
});

test('a role that demands a second factor lets nobody do anything without one, in a page that is open already neither', async () => {
  const vito = await addViewer(owner, 'vito');
  const socket = io(`${server.url}/browser`, { transports: ['websocket'], extraHeaders: vito.headers, reconnection: false });
  const ended = new Promise<unknown>((resolve) => socket.on('ended', resolve));
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  try {
    expect((await owner.call(updateSignInPolicy, { body: { secondFactorRoles: ['viewer'] } })).status).toBe(200);
    expect(await ended).toEqual({ reason: 'revoked' });

    expect(await vito.call(getFleet)).toMatchObject({ status: 403, body: { details: { needs: 'second-factor' } } });
    expect((await vito.call(getMe)).body).toMatchObject({ needsSecondFactor: true, permissions: [] });
    const door = await vito.call({ method: 'GET', path: '/engine/x/containers/json' });
    expect(door.status).toBe(403);
    const again = io(`${server.url}/browser`, { transports: ['websocket'], extraHeaders: vito.headers, reconnection: false });
    expect(await new Promise((resolve) => again.on('connect_error', (error) => resolve(error.message)))).toMatch(/second factor/);

    const { secret } = NewTotp.parse((await vito.call(beginTotp)).body);
    await vito.call(confirmTotp, { body: { code: shown(secret) } });
    expect((await vito.call(getFleet)).status).toBe(200);
    expect((await vito.call(getMe)).body).toMatchObject({ needsSecondFactor: false });
    expect((await owner.call(getFleet)).status).toBe(200);
  } finally {
    await owner.call(updateSignInPolicy, { body: { secondFactorRoles: [] } });
    socket.disconnect();
  }
});
