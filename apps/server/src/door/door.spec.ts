import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { AuditEntry, createJoinCode, listAudit, logout, NewJoinCode } from '@gantry/contract';
import { routes } from '@gantry/engine-api';
import { serveEngineOver } from '@gantry/link';
import {
  addPerson,
  addViewer,
  type Answer,
  container,
  endsWithinASecond,
  type Reached,
  scriptedEngine,
  setUp,
  startTestServer,
  TestAgent,
  TestBrowser,
  type TestServer,
  viewersPassword,
} from '../testing/index.ts';
import { login } from '@gantry/contract';

const opened = closedAfterEach();
const [web, db] = ['a'.repeat(64), 'b'.repeat(64)];
let server: TestServer;
let owner: TestBrowser;
let viewer: TestBrowser;
let agent: TestAgent;
let reached: Reached[];

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  viewer = await addViewer(owner);
  const scripted = scriptedEngine({ web, db });
  ({ reached } = scripted);
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, {
    serve: (wire) => void serveEngineOver(wire, scripted.engine, { caller: 'as-told' }),
  });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a')], gone: [] } }));
  await eventually(async () => expect((await ask(owner, 'GET /_ping')).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  reached.length = 0;
});

function ask(browser: TestBrowser, line: string, body?: unknown): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  return browser.call({ method: method as 'GET', path: `/engine/${agent.id}${path}` }, body === undefined ? {} : { body });
}

/** As a page asks where somebody wants to see the values. */
function reveal(browser: TestBrowser, path: string): Promise<Answer> {
  return browser.call({ method: 'GET', path: `/engine/${agent.id}${path}` }, { headers: { 'x-gantry-reveal': '1' } });
}

async function lastDeed(): Promise<AuditEntry | undefined> {
  return AuditEntry.array().parse((await owner.call(listAudit, { query: '?limit=1' })).body)[0];
}

test('a command reaches the engine as the row says, with the full id, a version, who asked, and nothing else that was sent', async () => {
  const answer = await owner.call(
    { method: 'POST', path: `/engine/${agent.id}/containers/web/start` },
    { headers: { 'x-registry-auth': 'secret', 'x-forwarded-for': '1.2.3.4', authorization: 'Bearer x' } },
  );

  expect(answer.status).toBe(204);
  expect(answer.headers.get('x-gantry-sequence')).toBe('7');
  expect(answer.headers.get('x-secret')).toBeNull();
  const deed = reached.at(-1);
  expect(deed).toMatchObject({
    method: 'POST',
    target: `/v1.51/containers/${web}/start`,
    body: '',
    caller: { kind: 'person', name: 'ada' },
  });
  expect([...(deed?.headers.keys() ?? [])]).toEqual([]);
  expect(await lastDeed()).toMatchObject({ who: 'ada', action: 'ContainerStart', host: agent.id, outcome: 'done', status: 204 });
});

test('a body is forwarded in our spelling, and what nobody knows is left out and told', async () => {
  const answer = await ask(owner, 'POST /v1.41/containers/create?name=x', {
    image: 'busybox',
    hostconfig: { networkmode: 'container:db', volumesfrom: ['web:ro'] },
    Odd: 1,
  });

  expect(answer).toMatchObject({ status: 201, body: { Warnings: ['unknown field Odd was left out'] } });
  const { target, body } = reached.at(-1) ?? { target: '', body: '' };
  expect(target).toBe('/v1.41/containers/create?name=x');
  expect(JSON.parse(body)).toEqual({ Image: 'busybox', HostConfig: { NetworkMode: `container:${db}`, VolumesFrom: [`${web}:ro`] } });
  expect(await lastDeed()).toMatchObject({
    details: { image: 'busybox', name: 'x', dropped: ['Odd'], elevated: ['NetworkMode', 'VolumesFrom'] },
  });
});

test('a form, a second document, a doubled name, a foreign path and an unknown parameter reach nobody', async () => {
  const path = `/engine/${agent.id}/containers/create` as const;
  const form = await owner.call(
    { method: 'POST', path },
    { body: 'name=hijack', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  );
  expect(form.status).toBe(415);
  expect((await owner.call({ method: 'POST', path }, { body: '{}{"HostConfig":{}}' })).status).toBe(400);
  expect(
    (await owner.call({ method: 'POST', path }, { body: '{"HostConfig":{"Privileged":false},"hostconfig":{"privileged":true}}' })).status,
  ).toBe(400);
  expect((await ask(owner, 'GET /containers//json')).status).toBe(400);
  expect((await ask(owner, 'GET /containers/json?surprise=1')).status).toBe(400);
  expect((await ask(owner, 'GET /v1.23/containers/json')).status).toBe(400);
  expect((await ask(owner, 'GET /v1.99/containers/json')).status).toBe(400);
  expect(reached).toEqual([]);
});

test('a path without a row is refused to everybody and written down', async () => {
  expect(await ask(owner, 'GET /plugins/secret/backdoor')).toMatchObject({ status: 403 });
  expect(await lastDeed()).toMatchObject({ outcome: 'denied', action: expect.stringContaining('/plugins/secret/backdoor') as string });
  expect(reached).toEqual([]);
});

test('a host that is not there, that waits, or that nobody may see is the same 404', async () => {
  const strange = await owner.call({ method: 'GET', path: '/engine/00000000-0000-4000-8000-000000000000/info' });
  expect(strange).toMatchObject({ status: 404, body: { message: 'no such host: 00000000-0000-4000-8000-000000000000' } });
});

test('a host without a link answers 503', async () => {
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  const gone = await TestAgent.join(server.url, code);
  await gone[Symbol.asyncDispose]();
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${gone.id}/info` })).status).toBe(503));
});

test('environment values are shown to the owner who asks for them and masked for a viewer; credentials of proxies for both', async () => {
  const revealed = await reveal(owner, '/containers/web/json');
  expect(revealed.body).toMatchObject({ Config: { Env: ['TOKEN=secret', 'EMPTY'] } });
  expect((await ask(viewer, 'GET /containers/web/json')).body).toMatchObject({ Config: { Env: ['TOKEN=********', 'EMPTY'] } });
  expect((await ask(owner, 'GET /info')).body).toEqual({ Name: 'x', HttpProxy: 'http://proxy:3128' });
});

test('an owner who looks at a container sees no values; that they wanted to see them is in the audit log, and that a viewer was refused', async () => {
  const before = await lastDeed();
  expect((await ask(owner, 'GET /containers/web/json')).body).toMatchObject({ Config: { Env: ['TOKEN=********', 'EMPTY'] } });
  expect(await lastDeed()).toEqual(before);

  await reveal(owner, '/containers/web/json');
  const told = { who: 'ada', action: 'ContainerReveal', host: agent.id, outcome: 'done', status: 200 };
  expect(await lastDeed()).toMatchObject({ ...told, target: `/engine/${agent.id}/containers/web/json` });
  expect(reached.at(-1)?.headers.has('x-gantry-reveal')).toBe(false);

  expect(await reveal(viewer, '/containers/web/json')).toMatchObject({ status: 403, body: { message: 'env:reveal is needed for this' } });
  expect(await lastDeed()).toMatchObject({ action: 'ContainerReveal', outcome: 'denied' });
});

test('files are read and written by who may, and a viewer learns nothing of them', async () => {
  for (const line of [
    'GET /gantry/volumes/data/files?path=/',
    'GET /gantry/volumes/data/files/stat?path=/x',
    'GET /gantry/containers/web/files/content?path=/x',
    'GET /gantry/containers/web/files/archive?path=/',
    'DELETE /gantry/volumes/data/files?path=/x&recursive=1',
    'POST /gantry/containers/web/files/move?from=/a&to=/b',
  ]) {
    expect([line, (await ask(viewer, line)).status]).toEqual([line, 403]);
  }
  expect(reached).toEqual([]);
  expect(await lastDeed()).toMatchObject({
    action: 'ContainerFileMove',
    outcome: 'denied',
    details: { why: 'files:write is needed for this' },
  });

  await ask(owner, 'POST /gantry/containers/web/files/move?from=/a&to=/b&overwrite=1');
  expect(reached.at(-1)).toMatchObject({ method: 'POST', target: `/gantry/containers/${web}/files/move?from=%2Fa&to=%2Fb&overwrite=1` });
  expect(await lastDeed()).toMatchObject({
    action: 'ContainerFileMove',
    details: { container: web, from: '/a', to: '/b', overwrite: '1' },
  });
  await ask(owner, 'POST /gantry/volumes/data/files/attributes?path=/x&mode=4755&uid=0&gid=7');
  expect((await lastDeed())?.details).toEqual({ path: '/x', mode: '4755', uid: '0', gid: '7' });
  await ask(owner, 'DELETE /gantry/containers/web/files?path=/x&recursive=1&hostBinds=1');
  expect((await lastDeed())?.details).toEqual({ container: web, path: '/x', recursive: '1', hostBinds: '1', elevated: ['hostBinds'] });
  await owner.call(
    { method: 'GET', path: `/engine/${agent.id}/gantry/volumes/data/files/content?path=/x` },
    { headers: { range: 'bytes=0-1', cookie2: 'x' } },
  );
  expect([reached.at(-1)?.target, [...(reached.at(-1)?.headers ?? [])]]).toEqual([
    '/gantry/volumes/data/files/content?path=%2Fx',
    [['range', 'bytes=0-1']],
  ]);
  expect((await ask(owner, 'GET /gantry/volumes/data/files?path=/&sort=name')).status).toBe(400);
});

test('a probe is decided on its container and written down with where it goes', async () => {
  expect((await ask(viewer, 'POST /gantry/topology/probe', { Container: 'web', Host: 'db', Port: 5432 })).status).toBe(403);
  await ask(owner, 'POST /gantry/topology/probe', { Container: 'web', Host: 'db', Port: 5432 });
  expect(reached.at(-1)).toMatchObject({ target: '/gantry/topology/probe', body: `{"Container":"${web}","Host":"db","Port":5432}` });
  expect(await lastDeed()).toMatchObject({ action: 'GantryTopologyProbe', details: { container: web, host: 'db', port: 5432 } });
});

test('a recreation is one act: its container and all that the new one is made of are decided, and it is written down once', async () => {
  const body = { Image: 'busybox:1', HostConfig: { NetworkMode: 'container:db', Privileged: true } };
  expect((await ask(viewer, 'POST /gantry/containers/web/recreate', body)).status).toBe(403);
  expect((await ask(owner, 'POST /gantry/containers/nobody/recreate', body)).status).toBe(404);
  expect((await ask(owner, 'POST /gantry/containers/web/recreate', { Image: 'busybox:1', Env: ['TOKEN=********'] })).status).toBe(400);
  reached.length = 0;

  await ask(owner, 'POST /gantry/containers/web/recreate?name=shop&start=0', body);

  const sent = reached.filter(({ method }) => method === 'POST');
  expect(sent).toMatchObject([{ target: `/gantry/containers/${web}/recreate?name=shop&start=0` }]);
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ HostConfig: { NetworkMode: `container:${db}`, Privileged: true } });
  expect(await lastDeed()).toMatchObject({
    action: 'ContainerRecreate',
    details: { container: web, image: 'busybox:1', name: 'shop', elevated: ['NetworkMode', 'Privileged'] },
  });
});

test('docker cp reaches paths of the host for who may, and the caller cannot say so', async () => {
  await ask(owner, 'GET /containers/web/archive?path=/x');
  expect(reached.at(-1)?.target).toBe(`/v1.51/containers/${web}/archive?path=%2Fx&hostBinds=1`);
});

test('an answer of an engine can run nowhere', async () => {
  const { headers } = await ask(owner, 'GET /containers/json');
  expect(headers.get('content-security-policy')).toContain('sandbox');
  expect(headers.get('content-disposition')).toBe('attachment');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('an exec belongs to whoever made it', async () => {
  const second = await addPerson(owner, 'olga', 'owner');
  expect((await ask(owner, 'POST /containers/web/exec', { Cmd: ['sh', '-c', 'id'], AttachStdin: true })).status).toBe(201);
  expect(await lastDeed()).toMatchObject({ action: 'ContainerExec', details: { command: 'sh -c id' } });

  const id = 'f'.repeat(64);
  expect((await ask(second, `POST /exec/${id}/start`, {})).status).toBe(404);
  expect((await ask(second, `POST /exec/${id}/resize?h=1&w=1`)).status).toBe(404);
  expect((await ask(owner, `POST /exec/${'0'.repeat(64)}/start`, {})).status).toBe(404);
  const raw = await hijack(`/engine/${agent.id}/exec/${id}/start`, '{"Tty":true}');
  raw.write('echo\n');
  await eventually(() => expect(raw.received()).toContain('\r\n\r\necho\n'));
  expect(raw.received()).toMatch(/^HTTP\/1.1 101/);
  raw.socket.end();
  await once(raw.socket, 'close');
  await eventually(async () => expect(await lastDeed()).toMatchObject({ action: 'ExecStart', outcome: 'done' }));
});

test('an upgrade that is refused stays HTTP, and what was sent early reaches nobody', async () => {
  for (const path of ['containers/web/attach?stream=1&stdin=1', 'containers/web/attach/ws', `exec/${'0'.repeat(64)}/start`]) {
    const raw = await hijack(`/engine/${agent.id}/${path}`, '{}', viewer);
    raw.write('rm -rf /\n');
    await eventually(() => expect(raw.received()).toMatch(/^HTTP\/1.1 4\d\d /));
    raw.socket.destroy();
  }
  expect(reached.filter(({ method, caller }) => method !== 'GET' || caller.kind === 'person')).toEqual([]);
});

test('a stream that is open when its session ends is cut within a second', async () => {
  const browser = new TestBrowser(server.url);
  await browser.call(login, { body: { name: 'vera', password: viewersPassword } });
  const response = await fetch(`${server.url}/engine/${agent.id}/containers/web/logs?follow=1&stdout=1`, { headers: browser.headers });
  expect(response.status).toBe(200);
  const reading = readAll(response);

  await endsWithinASecond(server, reading, () => browser.call(logout));
});

test('a cookie needs the exact origin at the engine door, or a browser that says that its own page reads', async () => {
  const path = `${server.url}/engine/${agent.id}/containers/json`;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(path, { headers: { cookie: owner.cookie ?? '', ...headers } })).status;

  expect(await status({ origin: server.url })).toBe(200);
  expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await status({ 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(await status({})).toBe(403);
  expect(await status({ origin: 'https://evil.example' })).toBe(403);
  expect(await status({ origin: 'null' })).toBe(403);
});

const names: Readonly<Record<string, string>> = { id: 'web', name: 'web' };
const matrix = routes
  .filter(({ isUnversioned }) => !isUnversioned)
  .map((route) => ({ route, path: `/v1.51${route.path.replace(/\{(\w+)\*?\}/g, (_, name: string) => names[name] ?? 'x')}` }));

test('every row is closed to a stranger, and open to a viewer only where it reads', async () => {
  const stranger = new TestBrowser(server.url);
  for (const { route, path } of matrix) {
    expect([route.name, (await ask(stranger, `${route.method} ${path}`)).status]).toEqual([route.name, 401]);
    const viewers = (await ask(viewer, `${route.method} ${path}`, route.body ? {} : undefined)).status;
    const isAllowed = viewerMay.has(route.permission);
    // What our own engine does not have, it refuses by itself, whoever asks.
    const refusal = route.permission === 'engine:none' ? route.refusal : undefined;
    if (isAllowed) expect([route.name, viewers]).not.toEqual([route.name, 403]);
    else if (refusal) expect([route.name, viewers]).toEqual([route.name, refusal.status]);
    else expect([route.name, viewers]).toEqual([route.name, 403]);
  }
  expect(reached.filter(({ method, target }) => method !== 'GET' && method !== 'HEAD' && !target.endsWith('/wait'))).toEqual([]);
}, 180_000);

/** Written by hand, so that a change of the catalogue shows up here. */
const viewerMay = new Set<string>([
  'engine:info',
  'host:view',
  'host:metrics',
  'event:view',
  'container:list',
  'container:view',
  'container:inspect',
  'container:stats',
  'container:top',
  'container:diff',
  'container:logs',
  'image:list',
  'network:list',
  'volume:list',
]);

async function readAll(response: Response): Promise<void> {
  try {
    await response.text();
  } catch {
    // A stream that is cut is no clean end, and that is right.
  }
}

async function hijack(
  path: string,
  body: string,
  browser = owner,
): Promise<{ socket: Socket; write(text: string): void; received(): string }> {
  const { hostname, port, host } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  opened.defer(() => void socket.destroy());
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, `Origin: ${server.url}`, `Cookie: ${browser.cookie ?? ''}`];
  head.push('Connection: Upgrade', 'Upgrade: tcp', 'Content-Type: application/json', `Content-Length: ${body.length}`);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return { socket, write: (line) => void socket.write(line), received: () => text };
}
