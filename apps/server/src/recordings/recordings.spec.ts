import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@gantry/base/testing';
import {
  AuditEntry,
  addHostToGroup,
  createGrant,
  createHostGroup,
  createJoinCode,
  getMe,
  Me,
  exportAudit,
  getRecording,
  HostGroup,
  keepGroupRecordings,
  listAudit,
  listRecordings,
  NewJoinCode,
  Recording,
  removeHostFromGroup,
  removeHostGroup,
} from '@gantry/contract';
import { ApiVersion, type Bytes, empty, hijack, json, routed } from '@gantry/engine-api';
import { serveEngineOver } from '@gantry/link';
import { Settings } from '../settings/settings.ts';
import {
  addPerson,
  addViewer,
  container,
  openDatabaseOf,
  setUp,
  startTestServer,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';
import { RecordingFiles } from './recording-files.ts';
import { RecordingRetention } from './recording-retention.service.ts';
import { RecordingsStore } from './recordings.store.ts';

const web = 'a'.repeat(64);
const [withTerminal, withoutTerminal] = ['e'.repeat(64), 'f'.repeat(64)];
let server: TestServer;
let owner: TestBrowser;
let viewer: TestBrowser;
let agent: TestAgent;
/** Lets the open terminal of a test say more, and end. */
let said: { readonly resize: PromiseWithResolvers<undefined> };

/** What a shell shows: colours, and a letter that comes in two pieces. */
async function* shown(): Bytes {
  yield new TextEncoder().encode('\u001b[32m$ \u001b[0mls\r\n');
  await said.resize.promise;
  yield Uint8Array.of(0xc3);
  yield Uint8Array.of(0xbc, 0x0a);
}

const engine = routed(
  {
    ContainerList: () => Promise.resolve(json(200, [{ Id: web, Names: ['/web'], Labels: {} }])),
    ContainerInspect: () => Promise.resolve(json(200, { Id: web, Name: '/web', Config: { Tty: true, Env: [] } })),
    ContainerExec: async (call) => json(201, { Id: (await call.json()).Tty === true ? withTerminal : withoutTerminal }),
    ExecInspect: ({ id }) =>
      Promise.resolve(
        json(200, {
          ID: id,
          ContainerID: web,
          ProcessConfig: { tty: id === withTerminal, entrypoint: 'sh', arguments: ['-c', 'ls\u001b[2J'] },
        }),
      ),
    ExecStart: () => Promise.resolve(hijack({ 'content-type': 'application/vnd.docker.raw-stream' }, () => shown())),
    ContainerAttach: () => Promise.resolve(json(409, { message: 'container web is not running' })),
    ExecResize: () => {
      said.resize.resolve(undefined);
      return Promise.resolve(empty(200));
    },
  },
  { server: 'Terminals/1 (linux)', versions: { oldest: ApiVersion.oldest, newest: ApiVersion.newest } },
);

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  viewer = await addViewer(owner);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a')], gone: [] } }));
  await eventually(async () => expect((await ask('GET /_ping')).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  said = { resize: Promise.withResolvers() };
});

function ask(line: string, body?: unknown) {
  const [method = '', path = ''] = line.split(' ');
  return owner.call({ method: method as 'GET', path: `/engine/${agent.id}${path}` }, body === undefined ? {} : { body });
}

/** Opens an exec, has its window made larger while it is open, and waits for its end. */
async function runExec(Tty: boolean): Promise<string> {
  const created = await ask(`POST /containers/${web}/exec`, { Cmd: ['sh'], Tty, AttachStdout: true });
  const { Id } = created.body as { Id: string };
  const resizing = setInterval(() => void ask(`POST /exec/${Id}/resize?h=50&w=132`), 200);
  try {
    return await hijacked(`/engine/${agent.id}/exec/${Id}/start`, { Tty });
  } finally {
    clearInterval(resizing);
  }
}

/** Sends a body and reads the raw bytes behind the answer to their end, as the docker CLI does. */
async function hijacked(path: string, body: unknown): Promise<string> {
  const headers = { ...owner.headers, connection: 'Upgrade', upgrade: 'tcp', 'content-type': 'application/json' };
  const sent = request(new URL(path, server.url), { method: 'POST', headers, agent: false }).end(JSON.stringify(body));
  const refused = once(sent, 'response').then(async (found) => {
    const [response] = found as [IncomingMessage];
    const content = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString();
    throw new Error(`${path} was answered ${response.statusCode ?? 0}: ${content}`);
  });
  const [, socket, first] = (await Promise.race([once(sent, 'upgrade'), refused])) as [unknown, Socket, Buffer];
  const rest = await Array.fromAsync(socket as AsyncIterable<Buffer>);
  return Buffer.concat([first, ...rest]).toString();
}

async function recordings(query = ''): Promise<Recording[]> {
  const { status, body } = await owner.call(listRecordings, { query });
  expect(status).toBe(200);
  return Recording.array().parse(body);
}

test('a terminal that somebody opens through the engine door is recorded with its sizes, listed and played; its hash stands in the audit log', async () => {
  expect(await runExec(true)).toContain('ls\r\n');
  await eventually(async () => expect(await recordings()).toMatchObject([{ durationMs: expect.any(Number) as number }]));
  const [recording] = await recordings();
  if (!recording) throw new Error('no recording');

  expect(recording).toMatchObject({
    who: 'ada',
    host: agent.id,
    container: web,
    name: 'web',
    kind: 'exec',
    command: 'sh -c ls\\u001b[2J',
    isTruncated: false,
  });
  const file = join(server.config.dataRoot, 'server', 'recordings', `${recording.id}.cast.gz`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const played = await owner.call(getRecording, { params: { hostId: agent.id, recordingId: recording.id } });
  const [head, ...events] = String(played.body)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as [number, string, string]);
  expect(head).toMatchObject({ version: 2, width: 80, height: 24, title: 'ada @ web' });
  const output = events.filter(([, kind]) => kind === 'o').map(([, , text]) => text);
  expect(output.join('')).toBe('\u001b[32m$ \u001b[0mls\r\n\u00fc\n');
  expect(events).toContainEqual([expect.any(Number), 'r', '132x50']);

  const [noted] = AuditEntry.array().parse((await owner.call(listAudit, { query: '?action=recordTerminal' })).body);
  expect(noted?.details).toMatchObject({ recording: recording.id, sha256: recording.sha256, sizeBytes: recording.sizeBytes });
  expect(AuditEntry.array().parse((await owner.call(listAudit, { query: '?action=playRecording' })).body)).toMatchObject([
    { who: 'ada', target: recording.id },
  ]);
});

test('an exec without a terminal, and an attach that is refused, leave no recording', async () => {
  const before = (await recordings()).length;

  await runExec(false);
  expect(await ask(`POST /containers/${web}/attach?stream=1&stdin=1`)).toMatchObject({ status: 409 });

  expect(await recordings()).toHaveLength(before);
});

test('recordings are found by person, container and host; a stranger to them plays none, and one of another host is not there', async () => {
  const [recording] = await recordings();
  const params = { hostId: agent.id, recordingId: recording?.id ?? '' };

  expect(await recordings('?user=ada&container=WE')).toHaveLength(1);
  expect(await recordings(`?container=${web.slice(0, 12)}&host=${agent.id}`)).toHaveLength(1);
  expect(await recordings('?user=eve')).toEqual([]);
  expect(await recordings('?container=other')).toEqual([]);
  expect(await viewer.call(listRecordings)).toMatchObject({ status: 403 });
  expect(await viewer.call(getRecording, { params })).toMatchObject({ status: 403 });
  const elsewhere = { ...params, hostId: '10000000-0000-4000-8000-000000000009' };
  expect(await owner.call(getRecording, { params: elsewhere })).toMatchObject({ status: 404 });
});

test('an auditor of one host reads the log and the recordings of this host, and not a row of anything else', async () => {
  const auditor = await addPerson(owner, 'otto');
  const { id } = Me.parse((await auditor.call(getMe)).body);
  expect(await auditor.call(listAudit)).toMatchObject({ status: 403 });
  const elsewhere = '10000000-0000-4000-8000-000000000009';
  const give = (host: string) =>
    owner.call(createGrant, { body: { subject: { kind: 'user', id }, role: 'auditor', scope: { kind: 'host', host } } });

  expect(await give(agent.id)).toMatchObject({ status: 201 });

  const entries = AuditEntry.array().parse((await auditor.call(listAudit)).body);
  expect(new Set(entries.map(({ host }) => host))).toEqual(new Set([agent.id]));
  const exported = String((await auditor.call(exportAudit)).body)
    .trimEnd()
    .split('\n');
  expect(new Set(exported.map((line) => (JSON.parse(line) as { hostId: string }).hostId))).toEqual(new Set([agent.id]));
  expect(await auditor.call(listAudit, { query: `?host=${elsewhere}` })).toMatchObject({ status: 200, body: [] });
  expect((await auditor.call(listRecordings)).body).toHaveLength(1);
  const [recording] = await recordings();
  expect(await auditor.call(getRecording, { params: { hostId: agent.id, recordingId: recording?.id ?? '' } })).toMatchObject({
    status: 200,
  });
});

test('a recording goes when it is older than it is kept: everywhere, or by the groups of its host, of which the longest counts; what is open stays', async () => {
  const elsewhere = '10000000-0000-4000-8000-000000000009';
  const groups: Record<string, string> = {};
  for (const [name, days] of [
    ['short', 2],
    ['long', 5],
    ['usual', null],
  ] as const) {
    const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name } })).body);
    await owner.call(addHostToGroup, { params: { groupId: group.id, hostId: agent.id } });
    const kept = await owner.call(keepGroupRecordings, { params: { groupId: group.id }, body: { days } });
    expect([kept.status, HostGroup.parse(kept.body).recordingDays]).toEqual([200, days ?? undefined]);
    groups[name] = group.id;
  }
  // Whoever manages the groups alone makes it no shorter by them.
  const keeper = await addPerson(owner, 'kim', 'host-admin');
  const membership = (name: string) => ({ params: { groupId: groups[name] ?? '', hostId: agent.id } });
  const shorter = {
    status: 403,
    body: { message: `recordings of host ${agent.id} would be kept 2 days and not 5: that needs system:settings` },
  };
  expect(await keeper.call(removeHostFromGroup, membership('long'))).toMatchObject(shorter);
  expect(await keeper.call(removeHostGroup, membership('long'))).toMatchObject(shorter);
  expect(await keeper.call(removeHostFromGroup, membership('short'))).toMatchObject({ status: 200 });
  expect(await keeper.call(addHostToGroup, membership('short'))).toMatchObject({ status: 200 });
  expect(await owner.call(removeHostFromGroup, membership('long'))).toMatchObject({ status: 200 });
  expect(await keeper.call(addHostToGroup, membership('long'))).toMatchObject({ status: 200 });
  expect(await owner.call(keepGroupRecordings, { params: { groupId: elsewhere }, body: { days: 2 } })).toMatchObject({ status: 404 });
  expect(await viewer.call(keepGroupRecordings, { params: { groupId: elsewhere }, body: { days: 2 } })).toMatchObject({ status: 403 });

  await using database = await openDatabaseOf(server);
  const directory = join(server.config.dataRoot, 'server', 'recordings');
  await mkdir(directory, { recursive: true });
  const add = async (hostId: string, days: number, sha256: string | null = 'a'.repeat(64)): Promise<string> => {
    const [id, startedAt] = [randomUUID(), new Date(Date.now() - days * 86_400_000)];
    const of = { userId: null, who: 'ada', containerId: web, containerName: 'web', kind: 'exec', command: 'sh', request: randomUUID() };
    await database.prisma.recording.create({ data: { ...of, id, hostId, startedAt, sha256, durationMs: 1, sizeBytes: 1n } });
    await writeFile(join(directory, `${id}.cast.gz`), 'x');
    return id;
  };
  const kept = [await add(agent.id, 4), await add(elsewhere, 29)];
  const gone = [await add(agent.id, 6), await add(elsewhere, 31)];
  const settings = { config: server.config } as unknown as Settings;
  const retention = new RecordingRetention(new RecordingsStore(database), new RecordingFiles(settings), settings);
  await retention.onApplicationBootstrap();
  retention.onApplicationShutdown();

  const left = (await database.prisma.recording.findMany({ select: { id: true } })).map(({ id }) => id);
  const files = await readdir(directory);
  expect(kept.map((id) => [left.includes(id), files.includes(`${id}.cast.gz`)])).toEqual([
    [true, true],
    [true, true],
  ]);
  expect(gone.map((id) => [left.includes(id), files.includes(`${id}.cast.gz`)])).toEqual([
    [false, false],
    [false, false],
  ]);
});
