import { sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  AccessGrant,
  approveLoginRequest,
  AuditEntry,
  changePassword,
  collectLogin,
  createGrant,
  createJoinCode,
  createLoginRequest,
  createOwnCertificate,
  createOwnToken,
  endOtherSessions,
  endOwnSession,
  findLoginRequest,
  getMe,
  listAudit,
  listOwnSessions,
  login,
  LoginOutcome,
  LoginRequest,
  Me,
  NewApiToken,
  NewJoinCode,
  NewLoginRequest,
  OwnSession,
  refuseLoginRequest,
  revokeCertificate,
  revokeGrant,
  revokeOwnToken,
  updateUser,
} from '@gantry/contract';
import { serveEngineOver } from '@gantry/link';
import {
  addPerson,
  askEnginePort,
  container,
  endsWithinASecond,
  makeCertificateRequest,
  openDatabaseOf,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  TestCertificate,
  type TestServer,
  viewersPassword,
} from '../testing/index.ts';
import { issueLeaf, makeAuthority } from '../tls/authority.ts';
import { issueClientCertificate } from '../tls/client-certificate.ts';
import { ServerKeys } from '../tls/server-keys.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let agent: TestAgent;
let number = 0;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const { engine } = scriptedEngine({ web: 'a'.repeat(64) });
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a', { name: 'web' })], gone: [] } }));
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${agent.id}/_ping` })).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Member {
  readonly person: TestBrowser;
  readonly id: string;
  readonly grant: string;
}

/** Somebody new who may open terminals on the host. */
async function addOperator(): Promise<Member> {
  const person = await addPerson(owner, `mia-${number++}`);
  const { id } = Me.parse((await person.call(getMe)).body);
  const scope = { kind: 'host', host: agent.id };
  const given = await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role: 'operator', addOns: ['exec'], scope } });
  return { person, id, grant: AccessGrant.parse(given.body).id };
}

const onHost = (line: string): string => line.replace(' ', ` /engine/${agent.id}`);

/** A terminal that answers, opened as the docker CLI does it. */
async function terminal(certificate: TestCertificate): Promise<TLSSocket> {
  const made = await certificate.ask(onHost('POST /containers/web/exec'), { body: { Cmd: ['sh'], AttachStdin: true, Tty: true } });
  expect([made.status, made.text]).toEqual([201, expect.anything()]);
  const socket = await certificate.connect();
  opened.defer(() => void socket.destroy());
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const body = '{"Tty":true}';
  const head = [`POST /engine/${agent.id}/exec/${'f'.repeat(64)}/start HTTP/1.1`, 'Host: gantry', 'Connection: Upgrade', 'Upgrade: tcp'];
  head.push('Content-Type: application/json', `Content-Length: ${body.length}`);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}echo\n`);
  await eventually(() => expect(text).toContain('\r\n\r\necho\n'));
  return socket;
}

async function certificatesOf(person: TestBrowser): Promise<OwnSession[]> {
  return OwnSession.array()
    .parse((await person.call(listOwnSessions)).body)
    .filter(({ kind }) => kind === 'certificate');
}

function signedEnd({ id, key, certificate }: TestCertificate): { certificate: string; signature: string } {
  return { certificate, signature: sign('sha256', Buffer.from(`gantry: revoke ${id}`), key).toString('base64url') };
}

test('a certificate opens the engines that its person may use and nothing else on its port, and says nothing of the person', async () => {
  const { person } = await addOperator();
  const mine = await TestCertificate.of(person);

  expect(await mine.ask(onHost('GET /v1.47/containers/json'))).toMatchObject({
    status: 200,
    text: expect.stringContaining('web') as string,
  });
  expect((await mine.ask(onHost('DELETE /containers/web'))).status).toBe(403);
  for (const path of ['/', '/api/me', '/healthz', '/metrics', '/gantry-ca.crt', '/socket.io/?EIO=4&transport=websocket', '/engine'])
    expect(await mine.ask(`GET ${path}`)).toMatchObject({ status: 404, text: expect.stringContaining('nothing but engines') as string });
  const socket = await mine.connect();
  socket.write('GET /socket.io/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(String(((await once(socket, 'data')) as [Buffer])[0])).toMatch(/^HTTP\/1.1 404 /);
  socket.destroy();

  const { subject, validToDate, serialNumber, ca } = new X509Certificate(mine.certificate);
  expect({ subject, ca }).toEqual({ subject: `CN=${mine.id}`, ca: false });
  expect(validToDate.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
  await using database = await openDatabaseOf(server);
  const stored = await database.prisma.session.findUniqueOrThrow({ where: { id: mine.id } });
  expect(BigInt(`0x${stored.serial ?? ''}`)).toBe(BigInt(`0x${serialNumber}`));
});

test('whoever comes without a certificate, or with one of somebody else, is told so; cookies and tokens open nothing there', async () => {
  const mine = await TestCertificate.of(owner);
  const keys = await ServerKeys.open(server.config.dataRoot);
  const wanted = await makeCertificateRequest();
  const foreign = await makeAuthority('Gantry clients');
  const issue = async (authority: typeof foreign, expiresAt = new Date(Date.now() + 60_000)): Promise<{ cert: string; key: string }> => {
    const { certificate } = await issueClientCertificate(authority, { request: wanted.request, id: mine.id, expiresAt });
    return { cert: certificate, key: wanted.key };
  };
  const leaf = await issueLeaf(keys.authority, ['localhost']);
  const plain = { host: '127.0.0.1', port: mine.port, ca: mine.authority };
  const made = await owner.call(createOwnToken, { body: { name: 'ci', permissions: ['container:list'], expiresInDays: 1 } });
  const headers = { cookie: owner.cookie, origin: server.url, authorization: `Bearer ${NewApiToken.parse(made.body).token}` };
  const list = onHost('GET /containers/json');

  expect(await askEnginePort(plain, list, { headers })).toMatchObject({
    status: 401,
    text: expect.stringContaining('gantry login') as string,
  });
  for (const strange of [await issue(foreign), { cert: leaf.certificate, key: leaf.key }])
    expect(await askEnginePort({ ...plain, ...strange }, list, { headers })).toMatchObject({
      status: 401,
      text: expect.stringContaining('not of this server') as string,
    });
  // Of the right authority, and not known: as one that was revoked.
  for (const ended of [await issue(keys.clientAuthority), await issue(keys.clientAuthority, new Date(Date.now() - 60_000))])
    expect(await askEnginePort({ ...plain, ...ended }, list)).toMatchObject({
      status: 401,
      text: expect.stringContaining('was revoked or has expired') as string,
    });
  expect(
    (await mine.ask(list, { headers: { cookie: 'x', authorization: 'Bearer gantry_nonsense', origin: 'https://evil.example' } })).status,
  ).toBe(200);
});

type Way = (member: Member, certificate: TestCertificate) => Promise<unknown>;
const ways: Readonly<Record<string, Way>> = {
  'it is revoked on the account page': ({ person }, { id }) => person.call(endOwnSession, { params: { sessionId: id } }),
  'its key says so': (_, certificate) => new TestBrowser(server.url).call(revokeCertificate, { body: signedEnd(certificate) }),
  'the person ends all other sessions': ({ person }) => person.call(endOtherSessions),
  'the password is changed': ({ person }) =>
    person.call(changePassword, { body: { current: viewersPassword, next: 'quelle-amsel-dorn-sieben' } }),
  'the grant is revoked': ({ grant }) => owner.call(revokeGrant, { params: { grantId: grant } }),
  'the person is disabled': ({ id }) => owner.call(updateUser, { params: { userId: id }, body: { isDisabled: true } }),
};

test.each(Object.keys(ways))('an open terminal ends within a second when %s, and the certificate opens nothing more', async (name) => {
  const member = await addOperator();
  const certificate = await TestCertificate.of(member.person);
  const socket = await terminal(certificate);

  await endsWithinASecond(server, once(socket, 'close'), () => (ways[name] as Way)(member, certificate));
  const { status } = await certificate.ask(onHost('GET /containers/json'));
  expect([401, 404]).toContain(status);
});

test('who signs out everywhere else ends a certificate too that another session is making at that moment', async () => {
  const { person: here } = await addOperator();
  const { id, name } = Me.parse((await here.call(getMe)).body);
  const there = new TestBrowser(server.url);
  await there.call(login, { body: { name, password: viewersPassword } });
  await using database = await openDatabaseOf(server);
  const waiting = (transaction: Pick<typeof database.prisma, '$queryRaw'>): Promise<unknown[]> =>
    transaction.$queryRaw`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  // Nothing of the person is written while their row is held: what was asked first stands just before it.
  const whileHeld = async (transaction: Pick<typeof database.prisma, '$queryRaw' | '$executeRaw'>) => {
    await transaction.$executeRaw`select 1 from "User" where id = ${id}::uuid for update`;
    const beingMade = TestCertificate.of(there).catch(() => undefined);
    await eventually(async () => expect(await waiting(transaction)).not.toEqual([]));
    let hasEnded = false;
    const ending = here.call(endOtherSessions).finally(() => (hasEnded = true));
    await eventually(async () => expect(hasEnded || (await waiting(transaction)).length > 1).toBe(true));
    return { made: beingMade, ended: ending };
  };
  const { made, ended } = await database.prisma.$transaction(whileHeld, { timeout: 30_000 });

  expect((await ended).status).toBe(204);
  expect((await (await made)?.ask(onHost('GET /containers/json')))?.status ?? 401).toBe(401);
  expect(await certificatesOf(here)).toEqual([]);
});

test('a terminal that is open when the certificate expires ends', async () => {
  const { person } = await addOperator();
  const certificate = await TestCertificate.of(person);
  await using database = await openDatabaseOf(server);
  const expiresAt = new Date(Date.now() + 1_500);
  await database.prisma.session.update({ where: { id: certificate.id }, data: { expiresAt } });
  const socket = await terminal(certificate);

  await once(socket, 'close');
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  expect((await certificate.ask(onHost('GET /containers/json'))).status).toBe(401);
}, 180_000);

test('a certificate that was made with a token has its limits and ends with it', async () => {
  const { person } = await addOperator();
  const made = await person.call(createOwnToken, { body: { name: 'ci', permissions: ['host:view', 'container:list'], expiresInDays: 1 } });
  const { token, described } = NewApiToken.parse(made.body);
  const program = new (class extends TestBrowser {
    override get headers(): Record<string, string> {
      return { authorization: `Bearer ${token}` };
    }
  })(server.url);
  const certificate = await TestCertificate.of(program);

  expect((await certificate.ask(onHost('GET /containers/json'))).status).toBe(200);
  expect((await certificate.ask(onHost('GET /containers/web/logs?stdout=1'))).status).toBe(403);
  await person.call(revokeOwnToken, { params: { tokenId: described.id } });
  expect((await certificate.ask(onHost('GET /containers/json'))).status).toBe(401);
  expect(await certificatesOf(person)).toEqual([]);
});

test('certificates stand among the sessions with their names, and what is done with one is written down under its name', async () => {
  const { person } = await addOperator();
  const certificate = await TestCertificate.of(person, "mia's laptop");

  expect(await certificatesOf(person)).toMatchObject([
    { id: certificate.id, userAgent: "mia's laptop", address: '127.0.0.1', isCurrent: false },
  ]);
  await certificate.ask(onHost('DELETE /containers/web'));
  await certificate.ask(onHost('POST /containers/web/start'));
  const entries = AuditEntry.array().parse((await owner.call(listAudit, { query: '?limit=5' })).body);
  for (const [action, outcome] of [
    ['ContainerStart', 'done'],
    ['ContainerDelete', 'denied'],
  ])
    expect(entries.find((entry) => entry.action === action)).toMatchObject({
      outcome,
      address: '127.0.0.1',
      details: { certificate: "mia's laptop" },
    });
});

test('nobody ends a certificate without its key, and none is made without a proof or for a bad request', async () => {
  const [mine, other] = [await TestCertificate.of(owner), await TestCertificate.of(owner)];
  const stranger = new TestBrowser(server.url);
  const end = async (body: object): Promise<number> => (await stranger.call(revokeCertificate, { body })).status;
  expect(await end({ ...signedEnd(other), certificate: mine.certificate })).toBe(401);
  expect(await end({ ...signedEnd(mine), certificate: 'nonsense' })).toBe(400);
  expect((await mine.ask(onHost('GET /containers/json'))).status).toBe(200);
  expect(await end(signedEnd(mine))).toBe(204);
  expect(await end(signedEnd(mine))).toBe(204);
  expect((await mine.ask(onHost('GET /containers/json'))).status).toBe(401);

  const { request } = await makeCertificateRequest();
  const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
  const { request: odd } = await makeCertificateRequest('P-521');
  for (const bad of ['nonsense', forged, odd])
    expect([bad, (await owner.call(createOwnCertificate, { body: { request: bad, name: 'x' } })).status]).toEqual([bad, 400]);
  expect((await stranger.call(createOwnCertificate, { body: { request, name: 'x' } })).status).toBe(401);
});

/** A machine that asks to be let in: nobody is signed in there. */
async function askToBeLetIn(name = 'docker of mia on laptop') {
  const machine = new TestBrowser(server.url);
  const { key, request } = await makeCertificateRequest();
  const asked = NewLoginRequest.parse((await machine.call(createLoginRequest, { body: { request, name } })).body);
  const params = { requestId: asked.id };
  const outcome = async (secret = asked.secret) => machine.call(collectLogin, { params, body: { secret } });
  return { ...asked, key, params, outcome };
}

test('a machine that shows a code is let in by whoever enters it in a browser: as that person, for the key that asked, once', async () => {
  const { person } = await addOperator();
  const machine = await askToBeLetIn();
  expect(machine.code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  expect((await machine.outcome()).body).toEqual({ state: 'waiting' });
  expect((await machine.outcome('another')).status).toBe(404);

  const found = LoginRequest.parse(
    (await person.call(findLoginRequest, { body: { code: machine.code.toLowerCase().replace('-', ' ') } })).body,
  );
  expect(found).toMatchObject({ id: machine.id, code: machine.code, name: 'docker of mia on laptop', address: '127.0.0.1' });
  const { params, code } = machine;
  expect((await person.call(approveLoginRequest, { params, body: { code: 'BBBB-BBBB' } })).status).toBe(404);
  const both = await Promise.all([1, 2].map(() => person.call(approveLoginRequest, { params, body: { code } })));
  expect(both.map(({ status }) => status).sort()).toEqual([204, 404]);
  expect((await owner.call(findLoginRequest, { body: { code } })).status).toBe(404);

  const given = LoginOutcome.parse((await machine.outcome()).body);
  if (given.state !== 'approved') throw new Error(given.state);
  const { name } = Me.parse((await person.call(getMe)).body);
  expect(given).toMatchObject({ who: name, hosts: [{ id: agent.id, status: 'active' }] });
  const certificate = TestCertificate.given(given.certificate, machine.key);
  expect((await certificate.ask(onHost('GET /containers/json'))).status).toBe(200);
  expect((await certificate.ask(onHost('DELETE /containers/web'))).status).toBe(403);
  expect(await certificatesOf(person)).toMatchObject([{ id: certificate.id, userAgent: 'docker of mia on laptop' }]);
  const log = AuditEntry.array().parse((await owner.call(listAudit, { query: `?user=${name}` })).body);
  expect(log.find(({ action, target }) => action === 'approveLoginRequest' && target === machine.id)).toMatchObject({
    who: name,
    outcome: 'done',
    details: { machine: 'docker of mia on laptop', askedFrom: '127.0.0.1', certificate: certificate.id },
  });
});

test('a machine that is refused gets nothing, and its code is good no more', async () => {
  const { person } = await addOperator();
  const { params, code, outcome } = await askToBeLetIn();
  expect((await person.call(refuseLoginRequest, { params, body: { code } })).status).toBe(204);
  expect((await outcome()).body).toEqual({ state: 'refused' });
  expect((await person.call(approveLoginRequest, { params, body: { code } })).status).toBe(404);
  expect(await certificatesOf(person)).toEqual([]);
});

test('codes are not guessed, keys are looked at before anybody is asked, and no address makes more than ten machines wait', async () => {
  const { person } = await addOperator();
  const { code: ownCode, params } = await askToBeLetIn();
  const enter = async (code: string): Promise<number> => (await person.call(findLoginRequest, { body: { code } })).status;
  const tries: number[] = [];
  for (let count = 0; count < 9; count++) tries.push(await enter('BBBB-BBBB'));
  // One that is found gives the guesser no new tries: it is their own.
  tries.push(await enter(ownCode), await enter('BBBB-BBBB'));
  expect(tries).toEqual([...Array<number>(9).fill(404), 200, 429]);
  expect((await person.call(refuseLoginRequest, { params, body: { code: ownCode } })).status).toBe(204);

  const machine = new TestBrowser(server.url);
  const weak = await makeCertificateRequest('P-521');
  expect((await machine.call(createLoginRequest, { body: { request: weak.request, name: 'x' } })).status).toBe(400);
  const { request } = await makeCertificateRequest();
  const statuses: number[] = [];
  for (let count = 0; count < 11; count++) statuses.push((await machine.call(createLoginRequest, { body: { request, name: 'x' } })).status);
  expect([statuses.slice(0, 10).every((status) => status === 201), statuses[10]]).toEqual([true, 429]);
});
