import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  AccessGrant,
  addHostToGroup,
  addTeamMember,
  browserNamespace,
  browserSocket,
  createGrant,
  createHostGroup,
  createJoinCode,
  createRole,
  createTeam,
  getMe,
  type GrantScope,
  HostGroup,
  Me,
  NewJoinCode,
  removeHostFromGroup,
  removeTeamMember,
  revokeGrant,
  Role,
  Team,
  updateHost,
  updateRole,
} from '@gantry/contract';
import { engineClient } from '@gantry/engine-api';
import { remoteEngine, serveEngineOver, socketWire } from '@gantry/link';
import { io } from 'socket.io-client';
import {
  addPerson,
  container,
  endsWithinASecond,
  type OpenTerminal,
  scriptedEngine,
  setUp,
  startTestServer,
  terminalWays,
  TestAgent,
  type TestBrowser,
  type TestServer,
} from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let person: TestBrowser;
let personId: string;
let agent: TestAgent;
/** What the engine was asked, also where the body has not ended. */
const begun: string[] = [];

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  person = await addPerson(owner, 'mia');
  personId = Me.parse((await person.call(getMe)).body).id;
  const scripted = scriptedEngine({ web: 'a'.repeat(64) });
  const engine: typeof scripted.engine = (request) => {
    begun.push(request.target);
    return scripted.engine(request);
  };
  const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
  agent = await TestAgent.join(server.url, code, { serve: (wire) => void serveEngineOver(wire, engine, { caller: 'as-told' }) });
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container('a', { name: 'web' })], gone: [] } }));
  await eventually(async () => expect((await owner.call({ method: 'GET', path: `/engine/${agent.id}/_ping` })).status).not.toBe(503));
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const onHost = (): GrantScope => ({ kind: 'host', host: agent.id });

async function give(
  scope: GrantScope,
  wanted: { role?: string; addOns?: string[]; team?: string; expiresAt?: string } = {},
): Promise<string> {
  const { role = 'operator', addOns = ['exec'], team, expiresAt } = wanted;
  const subject = team === undefined ? { kind: 'user', id: personId } : { kind: 'team', id: team };
  const { status, body } = await owner.call(createGrant, { body: { subject, role, addOns, scope, ...(expiresAt ? { expiresAt } : {}) } });
  expect([status, body]).toEqual([201, expect.anything()]);
  return AccessGrant.parse(body).id;
}

async function revoke(grantId: string): Promise<void> {
  expect((await owner.call(revokeGrant, { params: { grantId } })).status).toBe(204);
}

/** Gives the person a right in one way, and answers with what takes it away again. */
type Way = () => Promise<() => Promise<unknown>>;
let number = 0;

const ways: Readonly<Record<string, Way>> = {
  'the grant is revoked': async () => {
    const id = await give(onHost());
    return () => revoke(id);
  },
  'the person leaves the team': async () => {
    const team = Team.parse((await owner.call(createTeam, { body: { name: `team ${number++}` } })).body);
    const params = { teamId: team.id, userId: personId };
    await owner.call(addTeamMember, { params });
    await give(onHost(), { team: team.id });
    return () => owner.call(removeTeamMember, { params });
  },
  'the host leaves the group': async () => {
    const group = HostGroup.parse((await owner.call(createHostGroup, { body: { name: `group ${number++}` } })).body);
    const params = { groupId: group.id, hostId: agent.id };
    await owner.call(addHostToGroup, { params });
    const id = await give({ kind: 'group', group: group.id });
    opened.defer(() => revoke(id));
    return () => owner.call(removeHostFromGroup, { params });
  },
  'the host gets other labels': async () => {
    const tier = `tier-${number++}`;
    const label = (labels: Record<string, string>): Promise<unknown> =>
      owner.call(updateHost, { params: { hostId: agent.id }, body: { labels } });
    await label({ tier });
    await give({ kind: 'labels', selector: `tier=${tier}` });
    return () => label({ tier: 'none' });
  },
  'the role holds less': async () => {
    const permissions = ['host:view', 'container:list', 'container:view', 'container:inspect', 'container:exec', 'container:logs'];
    const role = Role.parse((await owner.call(createRole, { body: { name: `role ${number++}`, permissions } })).body);
    await give(onHost(), { role: role.id, addOns: [] });
    return () => owner.call(updateRole, { params: { roleId: role.id }, body: { name: role.name, permissions: ['host:view'] } });
  },
};

const place = (): { hostId: string; container: string } => ({ hostId: agent.id, container: 'web' });

const openers = Object.keys(terminalWays) as (keyof typeof terminalWays)[];
const terminal = async (way: keyof typeof terminalWays = 'an upgraded connection'): Promise<OpenTerminal> =>
  opened.use(await terminalWays[way](person, place()));

test.each(Object.keys(ways).flatMap((name) => openers.map((way) => [name, way] as const)))(
  'an open terminal ends within a second when %s, over %s, five times of five',
  async (name, way) => {
    for (let time = 0; time < 5; time++) {
      const takeAway = await (ways[name] ?? missing)();
      const open = await terminal(way);
      await endsWithinASecond(server, open.closed, takeAway);
      open.write('typed after the end\n');
      expect(open.received()).not.toContain('typed after the end');
      expect(
        (await person.call({ method: 'POST', path: `/engine/${agent.id}/containers/web/exec` }, { body: { Cmd: ['sh'] } })).status,
      ).not.toBe(201);
    }
  },
  180_000,
);

test('an open terminal ends within a second of the time at which its grant ends by itself', async () => {
  // Opened by another grant, which is taken away while the one that ends still counts: how long the opening takes does not matter.
  const opening = await give(onHost());
  const open = await terminal();
  const endsMs = Date.now() + 3_000;
  await give(onHost(), { expiresAt: new Date(endsMs).toISOString() });
  await revoke(opening);

  await endsWithinASecond(server, open.closed, () => pause(endsMs - Date.now()));
  expect(Date.now()).toBeGreaterThanOrEqual(endsMs);
});

test('a log that is followed ends within a second, and one that the person may still read goes on', async () => {
  const [all, extra] = [await give(onHost()), await give(onHost(), { role: 'viewer', addOns: [] })];
  const follow = (): Promise<Response> =>
    fetch(`${server.url}/engine/${agent.id}/containers/web/logs?follow=1&stdout=1`, { headers: person.headers });
  const response = await follow();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const open = await terminal();

  await endsWithinASecond(server, open.closed, () => revoke(all));
  for (let chunk = 0; chunk < 3; chunk++) expect((await reader.read()).done).toBe(false);
  await endsWithinASecond(server, expect(readOn(reader)).rejects.toThrow(), () => revoke(extra));
});

test('a stream of events that hid nothing ends when values are hidden from then on, and goes on where it shows the same', async () => {
  const [revealing, same, less] = [
    await give(onHost(), { role: 'deployer', addOns: ['env'] }),
    await give(onHost(), { role: 'operator' }),
    await give(onHost(), { role: 'viewer', addOns: [] }),
  ];
  opened.defer(() => revoke(less));
  const follow = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const response = await fetch(`${server.url}/engine/${agent.id}/events?since=0`, { headers: person.headers });
    return (response.body as ReadableStream<Uint8Array>).getReader();
  };
  const next = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> =>
    Buffer.from((await reader.read()).value ?? []).toString();
  const open = await follow();
  expect(await next(open)).toContain('secret');
  await revoke(same);
  for (let chunk = 0; chunk < 3; chunk++) expect(await next(open)).toContain('secret');

  await endsWithinASecond(server, expect(readOn(open)).rejects.toThrow(), () => revoke(revealing));
  const masked = await follow();
  expect(await next(masked)).toMatch(/^(?!.*secret).*\*{8}/);
  await masked.cancel();
});

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

test('an upload ends within a second', async () => {
  const id = await give(onHost(), { role: 'host-admin', addOns: ['files'] });
  const { hostname, port, host } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  opened.defer(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const head = [
    `PUT /engine/${agent.id}/containers/web/archive?path=/ HTTP/1.1`,
    `Host: ${host}`,
    `Origin: ${server.url}`,
    `Cookie: ${person.cookie ?? ''}`,
  ];
  head.push('Content-Type: application/x-tar', 'Transfer-Encoding: chunked');
  socket.write(`${head.join('\r\n')}\r\n\r\n4\r\ndata\r\n`);
  const sending = setInterval(() => {
    if (socket.writable) socket.write('4\r\ndata\r\n');
  }, 20);
  opened.defer(() => clearInterval(sending));
  await eventually(() => expect(begun.some((target) => target.includes('/archive'))).toBe(true));
  let told = '';
  socket.on('data', (chunk: Buffer) => (told += chunk.toString()));

  const refused = eventually(() => expect(told).toMatch(/^HTTP\/1.1 403/));
  await endsWithinASecond(server, refused, () => revoke(id));
  expect(told).toContain('taken away');
});

test('a channel of a page ends within a second and says why; the page itself stays and fetches what it may see anew', async () => {
  const id = await give(onHost());
  const socket = io(`${server.url}${browserNamespace}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: person.headers,
  });
  opened.defer(() => void socket.disconnect());
  const heard: unknown[] = [];
  socket.on(browserSocket.fleet.event, (message: { epoch: string }) => heard.push(message.epoch));
  await once(socket as unknown as NodeJS.EventEmitter, 'connect');
  const client = engineClient(remoteEngine(socketWire(socket)), { prefix: `/engine/${agent.id}` });
  const logs = await client.call('ContainerLogs', { path: { id: 'web' }, query: { follow: true, stdout: true } });
  const reading = Array.fromAsync(logs.bytes);
  reading.catch(() => undefined);

  await endsWithinASecond(server, expect(reading).rejects.toThrow(/taken away/), () => revoke(id));
  await eventually(() => expect(heard).toContain(''));
  expect(socket.connected).toBe(true);
});

function missing(): never {
  throw new Error('no such way');
}
