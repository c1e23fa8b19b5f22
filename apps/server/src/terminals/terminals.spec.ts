import { setTimeout as pause } from 'node:timers/promises';
import { once } from 'node:events';
import { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  AccessGrant,
  approveHost,
  AuditEntry,
  browserNamespace,
  createGrant,
  createJoinCode,
  createOwnToken,
  getMe,
  listAudit,
  listRecordings,
  listTerminals,
  LiveTerminal,
  Me,
  NewApiToken,
  NewJoinCode,
  Recording,
  removeHost,
  resetUser,
  revokeGrant,
  revokeToken,
  updateUser,
} from '@gantry/contract';
import { ByteQueue, type EngineClient, engineClient, readSessionFrames, type SessionNote, sessionNote } from '@gantry/engine-api';
import { attachedSessions, remoteEngine, serveEngineOver, socketWire, terminalSessions } from '@gantry/link';
import { io, type Socket } from 'socket.io-client';
import {
  addPerson,
  castText,
  consoleContainer,
  container,
  dockerClient,
  endsWithinASecond,
  lostExec,
  makeExec,
  openDatabaseOf,
  HostSession,
  setUp,
  startTestServer,
  TerminalHost,
  TestAgent,
  type TestBrowser,
  TestProgram,
  type TestServer,
} from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let mia: TestBrowser;
let agent: TestAgent;
let host: TerminalHost;
let people = 0;

beforeAll(async () => {
  host = new TerminalHost();
  server = await startTestServer();
  owner = await setUp(server);
  mia = await addPerson(owner, 'mia');
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, {
    capabilities: [terminalSessions, attachedSessions],
    serve: (wire) => void serveEngineOver(wire, host.engine, { caller: 'as-told' }),
  });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a', { name: 'web' })], gone: [] } }));
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${agent.id}/_ping` })).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function connect(browser: TestBrowser): Promise<Socket> {
  const socket = io(`${server.url}${browserNamespace}`, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true },
    extraHeaders: browser.headers,
  });
  opened.defer(() => void socket.disconnect());
  await once(socket as unknown as NodeJS.EventEmitter, 'connect');
  return socket;
}

async function openPage(browser: TestBrowser, over?: Socket): Promise<EngineClient> {
  return engineClient(remoteEngine(socketWire(over ?? (await connect(browser)))), { prefix: `/engine/${agent.id}` });
}

async function openTerminal(page: EngineClient): Promise<{ id: string; session: HostSession }> {
  const { Id: id } = await (
    await page.call('ContainerExec', { path: { id: 'web' }, body: { Cmd: ['sh'], Tty: true } })
  ).json<{ Id: string }>();
  await page.call('SessionStart', { path: { id }, query: { w: 80, h: 24 } });
  return { id, session: host.find(id) };
}

async function give(role: string, addOns: string[] = []): Promise<() => Promise<unknown>> {
  const { id } = Me.parse((await mia.call(getMe)).body);
  const body = { subject: { kind: 'user' as const, id }, role, addOns, scope: { kind: 'host' as const, host: agent.id } };
  const grant = AccessGrant.parse((await owner.call(createGrant, { body })).body);
  return () => owner.call(revokeGrant, { params: { grantId: grant.id } });
}

const listed = async (browser: TestBrowser): Promise<LiveTerminal[]> =>
  LiveTerminal.array().parse((await browser.call(listTerminals)).body);

async function cast(id: string): Promise<string> {
  const { body } = await owner.call({ method: 'GET', path: `/api/hosts/${agent.id}/recordings/${id}/cast` });
  return castText(String(body));
}

test('a session is recorded from its first byte whoever looks, goes on being recorded over a lost link, and is listed with who is in it', async () => {
  const page = await openPage(owner);
  const { id, session } = await openTerminal(page);
  expect(session.attached.map(({ told }) => told)).toEqual([{ caller: 'terminals', from: 0, row: 'record' }]);
  session.say('one ');
  await eventually(async () => expect(await listed(owner)).toMatchObject([{ id, isOwn: true, people: [{ name: 'ada', mode: 'own' }] }]));
  expect(await listed(mia)).toEqual([]);

  session.attached[0]?.queue.fail(new Failure('unavailable', 'the link is lost'));
  session.say('two ');
  await eventually(() => expect(session.attached.at(-1)?.told).toEqual({ caller: 'terminals', from: 4, row: 'record' }));
  session.say('three');
  await page.call('SessionClose', { path: { id } });
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const [recording] = Recording.array().parse((await owner.call(listRecordings)).body);
  expect(recording).toMatchObject({ who: 'ada', name: 'web', command: 'sh', sha256: expect.any(String) as string });
  expect(await cast(recording?.id ?? '')).toBe('one two three');
});

test('whoever leaves a terminal, with its tab or with the whole page, leaves no failure in the audit log', async () => {
  const socket = await connect(owner);
  const page = await openPage(owner, socket);
  const { id, session } = await openTerminal(page);
  const attach = async (signal?: AbortSignal): Promise<void> => {
    const before = session.attached.length;
    const { open } = await page.open('SessionAttach', { path: { id } }, signal);
    Array.fromAsync(open(new ByteQueue(10).bytes)).catch(() => undefined);
    await eventually(() => expect(session.attached.length).toBeGreaterThan(before));
  };
  const outcomes = async (): Promise<string[]> =>
    AuditEntry.array()
      .parse((await owner.call(listAudit)).body)
      .filter(({ action, target }) => action === 'SessionAttach' && target.includes(id))
      .map(({ outcome }) => outcome);
  const leaving = new AbortController();
  await attach(leaving.signal);
  leaving.abort();
  await eventually(async () => expect(await outcomes()).toEqual(['done']));
  await attach();
  socket.disconnect();
  await eventually(async () => expect(await outcomes()).toEqual(['done', 'done']));
  session.end('over');
  await eventually(async () => expect(await listed(owner)).toEqual([]));
});

/** Whoever is let in comes back on a new link. */
async function comeBack(): Promise<void> {
  expect((await owner.call(approveHost, { params: { hostId: agent.id } })).status).toBe(200);
}

test('terminals that this server does not know are found on a host that comes back: owner, list and recording as before', async () => {
  const { id: ownerId } = Me.parse((await owner.call(getMe)).body);
  const { id: miaId } = Me.parse((await mia.call(getMe)).body);
  const { id, session } = await openTerminal(await openPage(owner));
  session.attached[0]?.queue.offer(sessionNote({ kind: 'ended', exitCode: 0 }));
  session.attached[0]?.queue.end();
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  session.attached.length = 0;
  session.say('before the restart ');
  // What comes beside it cannot be believed or recorded, and does not hide it.
  const { facts } = session;
  const beside = [
    { id: 'c'.repeat(64), startedAtMs: Number.MAX_SAFE_INTEGER },
    { id: 'f'.repeat(64) },
    { ownerId: miaId },
    { id: lostExec },
    { request: '10000000-0000-4000-8000-000000000001' },
  ].map((forged) => new HostSession({ ...facts, ownerId, ...forged }));
  host.sessions = new Map([
    ...beside.map((one, index) => [one.facts['id'] === id ? `forged ${index}` : String(one.facts['id']), one] as const),
    [id, session],
  ]);
  await comeBack();
  await eventually(async () => expect(await listed(owner)).toMatchObject([{ id, isOwn: true, owner: 'ada' }]), 20_000);
  host.sessions = new Map([[id, session]]);

  const page = await openPage(owner);
  const { open } = await page.open('SessionAttach', { path: { id }, query: { from: 7 } });
  const notes: SessionNote[] = [];
  let shown = '';
  const reading = (async () => {
    for await (const part of readSessionFrames(open(new ByteQueue(10).bytes))) {
      if (part instanceof Uint8Array) shown += Buffer.from(part).toString();
      else notes.push(part);
    }
  })();
  await eventually(() => expect(shown).toBe('the restart '));
  session.say('and after');
  await eventually(() => expect(shown).toBe('the restart and after'));
  session.end('over');
  await reading;
  expect(notes.at(-1)).toMatchObject({ kind: 'ended' });
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const [recording] = Recording.array().parse((await owner.call(listRecordings)).body);
  expect(await cast(recording?.id ?? '')).toBe('before the restart and after');
}, 180_000);

test('what a terminal showed while the server was away is recorded also when it has ended meanwhile, and what is missing is said', async () => {
  const { id, session } = await openTerminal(await openPage(owner));
  session.attached[0]?.queue.offer(sessionNote({ kind: 'ended', exitCode: 0 }));
  session.attached[0]?.queue.end();
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const ended = new HostSession({ ...session.facts, ended: { exitCode: 0 } });
  ended.say('lost and the last words');
  ended.oldest = 5;
  host.sessions = new Map([[id, ended]]);
  await comeBack();
  await eventually(async () => {
    const [recording] = Recording.array().parse((await owner.call(listRecordings)).body);
    expect(await cast(recording?.id ?? '')).toBe('[5 bytes of the output are missing here]and the last words');
  });
  host.sessions = new Map();
}, 180_000);

test('only whoever opened a session attaches to it; others watch, join and end it by rights of their own, which stand in the audit log', async () => {
  const page = await openPage(owner);
  const { id, session } = await openTerminal(page);
  const revoke = await give('auditor');
  const other = await openPage(mia);

  expect(await listed(mia)).toMatchObject([{ id, isOwn: false, owner: 'ada', can: ['watch'] }]);
  await other.open('SessionWatch', { path: { id } });
  await eventually(() => expect(session.attached.at(-1)?.told).toMatchObject({ caller: 'mia', row: 'watch' }));
  await expect(other.open('SessionJoin', { path: { id } })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(other.call('SessionEnd', { path: { id } })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(other.open('SessionAttach', { path: { id } })).rejects.toMatchObject({ code: 'forbidden' });
  await revoke();

  const revokeMore = await give('host-admin', ['exec']);
  await expect(other.open('SessionAttach', { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  await expect(other.call('SessionClose', { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  await expect(other.open('SessionRecord', { path: { id } })).rejects.toMatchObject({ code: 'forbidden' });
  await other.open('SessionJoin', { path: { id } });
  await other.call('SessionEnd', { path: { id } });
  expect(session.ends).toEqual(['']);
  await revokeMore();
  const log = AuditEntry.array().parse((await owner.call(listAudit, { query: '?user=mia' })).body);
  expect(log.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
    expect.arrayContaining(['SessionJoin denied', 'SessionEnd denied', 'SessionAttach denied', 'SessionJoin done', 'SessionEnd done']),
  );
});

test('a session whose recorder is told what it cannot read is ended, and not asked for again and again', async () => {
  const page = await openPage(owner);
  const { session } = await openTerminal(page);
  session.attached[0]?.queue.offer(Buffer.from('\x07no frame'));
  await eventually(() => expect(session.ends).toEqual(['ended']));
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  expect(session.attached).toHaveLength(1);
});

test('a session ends with the right of whoever opened it, within a second, whether they look at it or not', async () => {
  const revoke = await give('operator', ['exec']);
  const page = await openPage(mia);
  const { id, session } = await openTerminal(page);
  const { open } = await page.open('SessionAttach', { path: { id } });
  const reading = Array.fromAsync(readSessionFrames(open(new ByteQueue(10).bytes)));
  reading.catch(() => undefined);
  const unseen = await openTerminal(page);
  await eventually(() => expect(session.attached.map(({ told }) => told.row)).toContain('attach'));

  const ended = eventually(() => expect([session.ends, unseen.session.ends]).toEqual([['taken-away'], ['taken-away']]));
  await endsWithinASecond(server, Promise.all([ended, Promise.allSettled([reading])]), revoke);
  await eventually(async () => expect(await listed(owner)).toEqual([]));
});

/** Somebody new who opens a terminal with a token of their own; `change` is what happens to the token before. */
async function openByToken(
  change?: (tokenId: string) => Promise<unknown>,
): Promise<{ session: HostSession; userId: string; tokenId: string }> {
  const person = await addPerson(owner, `zoe-${++people}`);
  const { id: userId } = Me.parse((await person.call(getMe)).body);
  const scope = { kind: 'host' as const, host: agent.id };
  await owner.call(createGrant, { body: { subject: { kind: 'user', id: userId }, role: 'operator', addOns: ['exec'], scope } });
  const permissions = ['host:view', 'container:list', 'container:inspect', 'container:exec'];
  const made = await person.call(createOwnToken, { body: { name: 'ci', permissions, expiresInDays: 1 } });
  const { token, described } = NewApiToken.parse(made.body);
  const program = TestProgram.withToken(server.url, token);
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const answer = await program.call({ method: 'POST', path: `/engine/${agent.id}${path}` }, body ? { body } : {});
    expect([path, answer.status, answer.body]).toEqual([path, 201, expect.anything()]);
    return answer.body;
  };
  const { Id: id } = (await ask('/containers/web/exec', { Cmd: ['sh'], Tty: true })) as { Id: string };
  await change?.(described.id);
  await ask(`/gantry/sessions/${id}/start`);
  return { session: host.find(id), userId, tokenId: described.id };
}

function missing(): never {
  throw new Error('no such way');
}

const endings: Readonly<Record<string, (of: { userId: string; tokenId: string }) => Promise<unknown>>> = {
  'its token is revoked': ({ tokenId }) => owner.call(revokeToken, { params: { tokenId } }),
  'its owner is disabled': ({ userId }) => owner.call(updateUser, { params: { userId }, body: { isDisabled: true } }),
  'its owner is given another password': ({ userId }) => owner.call(resetUser, { params: { userId }, body: {} }),
};

test.each(Object.keys(endings))(
  'a terminal that was opened with a token ends within a second when %s, though nobody looks at it',
  async (what) => {
    const { session, ...of } = await openByToken();
    expect(session.ends).toEqual([]);

    const ended = eventually(() => expect(session.ends).toContain('taken-away'));
    await endsWithinASecond(server, ended, () => (endings[what] ?? missing)(of));
  },
);

test('a terminal that was opened with a token ends when the token expires', async () => {
  await using database = await openDatabaseOf(server);
  let expiresAt = Infinity;
  const { session } = await openByToken((id) => {
    expiresAt = Date.now() + 4_000;
    return database.prisma.apiToken.update({ where: { id }, data: { expiresAt: new Date(expiresAt) } });
  });
  expect(session.ends).toEqual([]);

  await eventually(() => expect(session.ends).toContain('taken-away'));
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
});

test('a session whose opener left while it was being started is recorded and listed all the same', async () => {
  const page = await openPage(owner);
  const { Id: id } = await (
    await page.call('ContainerExec', { path: { id: 'web' }, body: { Cmd: ['sh'], Tty: true } })
  ).json<{ Id: string }>();
  const gate = Promise.withResolvers<undefined>();
  host.startGate = gate.promise;
  const leaving = new AbortController();
  const starting = page.call('SessionStart', { path: { id } }, leaving.signal);
  starting.catch(() => undefined);
  await pause(200);
  leaving.abort();
  await pause(100);
  gate.resolve(undefined);
  await expect(starting).rejects.toMatchObject({ code: 'cancelled' });

  await page.open('SessionAttach', { path: { id } });
  const session = host.find(id);
  expect(session.attached.map(({ told }) => told.row)).toEqual(['record', 'attach']);
  expect(await listed(owner)).toMatchObject([{ id }]);
  session.end('over');
  await eventually(async () => expect(await listed(owner)).toEqual([]));
});

test('what a docker client opens with a terminal is a session, recorded once, in the list, watched, and ended with the right', async () => {
  const page = await openPage(owner);
  const id = await makeExec(page);
  const client = await dockerClient(page, { exec: id });
  const session = host.find(id);
  expect(session.attached.map(({ told }) => told)).toEqual([
    { caller: 'terminals', from: 0, row: 'record' },
    { caller: 'ada', from: 0, row: 'attach, held' },
  ]);
  client.type('ls');
  session.say('raw ');
  await eventually(() => expect([client.got.shown, session.typed]).toEqual(['raw ', 'ls']));
  expect(await listed(owner)).toMatchObject([{ id, kind: 'exec', name: 'web', isOwn: true }]);
  const revoke = await give('operator');
  expect(await listed(mia)).toEqual([]);
  await revoke();
  const revokeMore = await give('host-admin');
  await (await openPage(mia)).open('SessionWatch', { path: { id } });
  await (await openPage(mia)).call('SessionEnd', { path: { id } });
  await client.over;
  await revokeMore();
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const recordings = Recording.array().parse((await owner.call(listRecordings)).body);
  expect(await cast(recordings[0]?.id ?? '')).toBe('raw ');
  expect(recordings[1]).not.toMatchObject({ startedAt: recordings[0]?.startedAt });
});

test('where a host keeps no more terminals a docker client has one all the same, as before: recorded once, and not listed', async () => {
  const page = await openPage(owner);
  const id = await makeExec(page);
  const before = Recording.array().parse((await owner.call(listRecordings)).body).length;
  host.isFull = true;
  const client = await dockerClient(page, { exec: id });
  await client.over;
  host.isFull = false;

  expect([client.got.shown, host.sessions.has(id), await listed(owner)]).toEqual(['as before', false, []]);
  await eventually(async () => {
    const recordings = Recording.array().parse((await owner.call(listRecordings)).body);
    expect([recordings.length, recordings[0]?.sha256]).toEqual([before + 1, expect.any(String)]);
    expect(await cast(recordings[0]?.id ?? '')).toBe('as before');
  });
});

test('so is the terminal of a container itself that a docker client attaches to; what has none goes its old way', async () => {
  const page = await openPage(owner);
  const client = await dockerClient(page, { attach: 'console' });
  await eventually(async () =>
    expect(await listed(owner)).toMatchObject([
      { kind: 'attach', container: consoleContainer, name: 'console', command: 'ash', isOwn: true },
    ]),
  );
  const [{ id } = { id: '' }] = await listed(owner);
  host.find(id).say('of the container');
  await eventually(() => expect(client.got.shown).toBe('of the container'));
  // Half of its connection is closed: what the container says goes on.
  client.typeNoMore();
  await eventually(() => expect(host.find(id).isTypedOut).toBe(true));
  host.find(id).say(' and more');
  await eventually(() => expect(client.got.shown).toBe('of the container and more'));
  expect(await listed(owner)).toMatchObject([{ id }]);
  // Their owner has it in a browser, too.
  await page.open('SessionAttach', { path: { id } });
  await page.call('SessionClose', { path: { id } });
  await client.over;
  await expect(page.open('ContainerAttach', { path: { id: 'web' }, query: { stream: true } })).rejects.toMatchObject({
    details: { status: 501 },
  });
});

test('so is the terminal of a container that is attached to by a websocket: typed into, watched, recorded once and ended by whoever may', async () => {
  const before = Recording.array().parse((await owner.call(listRecordings)).body).length;
  const target = `/engine/${agent.id}/containers/console/attach/ws?stream=1&stdin=1&stdout=1`;
  const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}${target}`, { headers: owner.headers });
  opened.defer(() => socket.close());
  socket.binaryType = 'arraybuffer';
  let shown = '';
  socket.addEventListener('message', ({ data }) => (shown += Buffer.from(data as ArrayBuffer).toString()));
  const over = once(socket, 'close');
  await once(socket, 'open');
  const [{ id } = { id: '' }] = await listed(owner);
  expect(await listed(owner)).toMatchObject([{ kind: 'attach', container: consoleContainer, name: 'console', isOwn: true }]);
  const session = host.find(id);
  socket.send('ls');
  session.say('by websocket');
  await eventually(() => expect([shown, session.typed]).toEqual(['by websocket', 'ls']));

  const revoke = await give('host-admin');
  const hers = await openPage(mia);
  await hers.open('SessionWatch', { path: { id } });
  await hers.call('SessionEnd', { path: { id } });
  await over;
  await revoke();
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const recordings = Recording.array().parse((await owner.call(listRecordings)).body);
  expect(recordings.length).toBe(before + 1);
  expect(await cast(recordings[0]?.id ?? '')).toBe('by websocket');
});

test('a shell on a host is for who has the right to it: recorded, listed under the name of the host, and watched by the right to watch alone', async () => {
  const page = await openPage(owner);
  const { id } = await (await page.call('HostShellStart', { query: { w: 90, h: 30 } })).json<{ id: string }>();
  await page.open('HostShellAttach', { path: { id } });
  host.find(id).say('# ');
  expect(await listed(owner)).toMatchObject([{ id, kind: 'host', container: '', name: expect.any(String) as string, isOwn: true }]);

  const revoke = await give('host-admin', ['exec']);
  const hers = await openPage(mia);
  expect(await listed(mia)).toMatchObject([{ id, isOwn: false, can: ['watch', 'end'] }]);
  await hers.open('HostShellWatch', { path: { id } });
  for (const [row, needed] of [
    ['HostShellJoin', 'host:shell'],
    ['HostShellAttach', 'host:shell'],
  ] as const)
    await expect(hers.open(row, { path: { id } })).rejects.toMatchObject({ code: 'forbidden', message: `${needed} is needed for this` });
  await expect(hers.call('HostShellStart')).rejects.toMatchObject({ code: 'forbidden' });
  for (const row of ['SessionWatch', 'SessionJoin'] as const)
    await expect(hers.open(row, { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  await revoke();

  const revokeShell = await give('host-admin', ['shell']);
  await hers.open('HostShellJoin', { path: { id } });
  await expect(hers.open('HostShellAttach', { path: { id } })).rejects.toMatchObject({ code: 'not-found' });
  const own = await (await hers.call('HostShellStart')).json<{ id: string }>();
  await revokeShell();
  await eventually(() => expect(host.find(own.id).ends).toEqual(['taken-away']));
  host.find(id).end('over');
  await eventually(async () => expect(await listed(owner)).toEqual([]));
  const recordings = Recording.array().parse((await owner.call(listRecordings)).body);
  expect(recordings.find(({ who, kind }) => who === 'ada' && kind === 'host')).toMatchObject({ command: 'login shell', container: '' });
});

test('a terminal of a host that is removed is not waited for', async () => {
  const { id, session } = await openTerminal(await openPage(owner));
  session.say('until here');
  await eventually(async () => expect(await listed(owner)).toMatchObject([{ id }]));
  expect((await owner.call(removeHost, { params: { hostId: agent.id } })).status).toBeLessThan(300);
  await eventually(async () => expect(await listed(owner)).toEqual([]));
});
