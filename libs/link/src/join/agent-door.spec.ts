import type { Failure } from '@gantry/base';
import { closedAfterEach, eventually } from '@gantry/base/testing';
import { type Engine, noBytes } from '@gantry/engine-api';
import { io, type Socket } from 'socket.io-client';
import { serveEngineOver } from '../channels/serve-engine-over.ts';
import type { Wire } from '../channels/wire.ts';
import { Identity } from '../identity/identity.ts';
import { LinkServer } from '../testing/link-server.ts';
import { facts, TestAgent } from '../testing/test-agent.ts';
import { Admission } from './admission.ts';
import { DialledSocket } from './dialled-socket.ts';
import { enrol } from './enrol.ts';
import { parseJoinCode } from './join-code.ts';
import { agentNamespace, Challenge } from './messages.ts';
import { prove } from './prove.ts';
import { ServerLink, type ServerLinkOptions } from './server-link.ts';

const opened = closedAfterEach();
const limit = AbortSignal.timeout(180_000);
const start = async (options = {}): Promise<LinkServer> => opened.use(await LinkServer.start(options));
const join = async (server: LinkServer): Promise<TestAgent> => opened.use(await TestAgent.join(server));

async function stranger(server: LinkServer): Promise<Socket> {
  const socket = io(new URL(agentNamespace, server.url).href, { transports: ['websocket'], reconnection: false, forceNew: true });
  opened.defer(() => void socket.disconnect());
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  return socket;
}

test('a host joins with a code, proves its key and is live', async () => {
  const server = await start();
  const agent = await join(server);

  agent.link();
  await eventually(() => expect(server.links).toHaveLength(1));

  expect(server.links[0]).toMatchObject({ agentId: agent.membership.agentId, state: 'active', liveness: 'live', protocol: 1 });
});

test('a join code works once; the same host may ask again when the answer was lost', async () => {
  const server = await start();
  const code = parseJoinCode(server.makeCode().text);
  const [first, second] = [Identity.generate(), Identity.generate()];

  const membership = await enrol({ url: server.url, code, identity: first, facts }, limit);

  await expect(enrol({ url: server.url, code, identity: second, facts }, limit)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: `join code ${code.id} was used already`,
  });
  expect(await enrol({ url: server.url, code, identity: first, facts }, limit)).toEqual(membership);
});

test('an expired join code is refused by its name', async () => {
  const server = await start();
  const code = parseJoinCode(server.makeCode({ expiresAtMs: 1 }).text);

  await expect(enrol({ url: server.url, code, identity: Identity.generate(), facts }, limit)).rejects.toThrow(
    `join code ${code.id} has expired`,
  );
});

test('a server with another key than the code pins is never told the secret', async () => {
  const [server, impostor] = [await start(), await start()];
  const code = parseJoinCode(server.makeCode().text);
  const asked: unknown[] = [];
  Object.assign(impostor.door.options.joinCodes, { redeem: (enrolment: unknown) => asked.push(enrolment) });

  await expect(enrol({ url: impostor.url, code, identity: Identity.generate(), facts }, limit)).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect(asked).toEqual([]);
});

test('a server that was replaced by another one gets no proof from its agents', async () => {
  const [server, impostor] = [await start(), await start()];
  const agent = await join(server);
  const told: Failure[] = [];

  agent.link({ membership: { ...agent.membership, url: impostor.url }, onDown: (failure) => told.push(failure) });
  await eventually(() => expect(told.length).toBeGreaterThan(0));

  expect(told[0]).toMatchObject({ code: 'forbidden' });
  expect(impostor.links).toEqual([]);
});

test('a proof that was recorded is worth nothing on the next connection', async () => {
  const server = await start();
  const agent = await join(server);
  const proofs: unknown[] = [];
  using first = await DialledSocket.open(server.url, { kind: 'system' }, limit);
  first.socket.onAnyOutgoing((event: string, message: unknown) => proofs.push([event, message]));
  await prove(first, {
    membership: agent.membership,
    identity: agent.identity,
    instanceId: 'a',
    capabilities: [],
    oldestEpoch: 0,
    role: 'control',
  });
  const [hello, proof] = proofs as [[string, unknown], [string, unknown]];

  using second = await DialledSocket.open(server.url, { kind: 'system' }, limit);
  await second.call('hello', hello[1], Challenge);

  await expect(second.call('prove', proof[1], Challenge)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('the wrong key, an unknown agent and a revoked one are refused', async () => {
  const server = await start();
  const agent = await join(server);
  const connect = async (change: object): Promise<unknown> => {
    using socket = await DialledSocket.open(server.url, { kind: 'system' }, limit);
    const { membership, identity } = agent;
    return await prove(socket, { membership, identity, instanceId: 'a', capabilities: [], oldestEpoch: 0, role: 'control', ...change });
  };

  await expect(connect({ identity: Identity.generate() })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(connect({ membership: { ...agent.membership, agentId: 'nobody' } })).rejects.toMatchObject({ code: 'forbidden' });
  Object.assign(server.agents.get(agent.membership.agentId) ?? {}, { state: 'revoked' });
  await expect(connect({})).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('revoked') as string });
  expect(server.links).toEqual([]);
});

test.each([
  ['another event', 'report', { sequence: 1 }],
  ['a proof without a challenge', 'prove', { signature: 'x'.repeat(86) }],
  ['an enrolment without an identified server', 'enrol', {}],
  ['a packet above 4 KiB', 'hello', { padding: 'x'.repeat(5000) }],
  ['a malformed hello', 'hello', { role: 'control' }],
])('before the proof, %s ends the connection', async (_what, event, message) => {
  const server = await start();
  const socket = await stranger(server);
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));

  socket.emit(event, message, () => undefined);
  await ended;

  expect(server.refusals).toHaveLength(1);
});

test('after the proof an unknown operation is answered with what it needs', async () => {
  const server = await start();
  const { membership, identity } = await join(server);
  using socket = await DialledSocket.open(server.url, { kind: 'system' }, limit);
  await prove(socket, { membership, identity, instanceId: 'a', capabilities: [], oldestEpoch: 0, role: 'control' });

  await expect(socket.call('teleport', {}, Challenge)).rejects.toMatchObject({ code: 'unsupported' });
});

test('an agent that speaks only newer protocols is told who speaks what', async () => {
  const server = await start();
  const socket = await stranger(server);
  const hello = {
    role: 'control',
    agentId: 'a',
    instanceId: 'a',
    nonce: 'x'.repeat(32),
    protocols: { newest: 9, oldest: 8 },
    capabilities: [],
  };

  const answer: unknown = await socket.emitWithAck('hello', hello);

  expect(answer).toMatchObject({ ok: false, failure: { code: 'unsupported', message: expect.stringContaining('8 to 9') as string } });
});

test('a newer link of the same agent replaces the older one', async () => {
  const server = await start();
  const agent = await join(server);
  const { stop } = agent.link();
  await eventually(() => expect(server.links).toHaveLength(1));
  await stop();

  agent.link();
  await eventually(() => expect(server.links).toHaveLength(2));

  expect(server.links[0]?.closed.aborted).toBe(true);
  expect([...server.door.links]).toEqual([server.links[1]]);
});

test('the same key alternating from two places is quarantined', async () => {
  const server = await start();
  const agent = await join(server);
  const told: Failure[] = [];
  const onDown = (failure: Failure): unknown => told.push(failure);

  agent.link({ onDown });
  await eventually(() => expect(server.links).toHaveLength(1));
  agent.link({ onDown });
  await eventually(() => expect(server.agents.get(agent.membership.agentId)?.state).toBe('quarantined'));

  await eventually(() => expect(told.map(({ message }) => message).join()).toContain('was this host cloned?'));
  await eventually(() => expect([...server.door.links]).toEqual([]));
});

test('more agents than are admitted are told when to come back', async () => {
  const server = await start({ admission: new Admission(1) });
  const hello = {
    role: 'control',
    agentId: 'a',
    instanceId: 'a',
    nonce: 'x'.repeat(32),
    protocols: { newest: 1, oldest: 1 },
    capabilities: [],
  };
  const ask = async (): Promise<unknown> => (await stranger(server)).emitWithAck('hello', hello);

  await ask();

  expect(await ask()).toMatchObject({ ok: false, failure: { code: 'exhausted', retryAfterMs: expect.any(Number) as number } });
});

function serving(): Pick<ServerLinkOptions, 'serve'> & { wires: Wire[] } {
  const engine: Engine = ({ target }) => {
    const body = (async function* () {
      yield await Promise.resolve(Buffer.from(target));
    })();
    return Promise.resolve({ kind: 'plain', status: 200, headers: new Map(), body });
  };
  const wires: Wire[] = [];
  const serve = (wire: Wire): void => {
    wires.push(wire);
    serveEngineOver(wire, engine, { caller: 'as-told' });
  };
  return { serve, wires };
}

async function get(engine: Engine | undefined, target: string): Promise<string> {
  const caller = { kind: 'gantry', part: 'test' } as const;
  const response = await engine?.({ method: 'GET', target, headers: new Map(), upgrade: 'none', body: noBytes, caller, signal: limit });
  if (response?.kind !== 'plain' || response.body instanceof Uint8Array) throw new Error('no stream');
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('short questions go over the control connection; a stream opens a bulk one, which closes when it is idle', async () => {
  const server = await start({ bulkIdleMs: 50 });
  const agent = await join(server);
  const { serve, wires } = serving();
  agent.link({ serve });
  await eventually(() => expect(server.links).toHaveLength(1));
  const engine = server.links[0]?.engine;

  expect(await get(engine, '/containers/json')).toBe('/containers/json');
  expect(wires).toHaveLength(1);
  expect(await Promise.all([get(engine, '/containers/a/logs'), get(engine, '/events')])).toEqual(['/containers/a/logs', '/events']);
  expect(wires).toHaveLength(2);

  let isClosed = false;
  wires[1]?.onClose(() => (isClosed = true));
  await eventually(() => expect(isClosed).toBe(true));
  expect(await get(engine, '/containers/a/logs')).toBe('/containers/a/logs');
  expect(wires).toHaveLength(3);
});

test('the bulk connection ends with its control link, and requests with it', async () => {
  const server = await start();
  const agent = await join(server);
  const { serve, wires } = serving();
  const { stop } = agent.link({ serve });
  await eventually(() => expect(server.links).toHaveLength(1));
  const engine = server.links[0]?.engine;
  await get(engine, '/events');

  await stop();

  let isClosed = false;
  wires[1]?.onClose(() => (isClosed = true));
  await eventually(() => expect(isClosed).toBe(true));
  await eventually(() => expect(server.links[0]?.closed.aborted).toBe(true));
  await expect(get(engine, '/events')).rejects.toMatchObject({ code: 'unavailable' });
});

test('a bulk connection to another link than the live one is refused', async () => {
  const server = await start();
  const agent = await join(server);
  agent.link();
  await eventually(() => expect(server.links).toHaveLength(1));
  using socket = await DialledSocket.open(server.url, { kind: 'system' }, limit);
  const { membership, identity } = agent;

  const proving = prove(socket, {
    membership,
    identity,
    instanceId: 'a',
    capabilities: [],
    oldestEpoch: 0,
    role: 'bulk',
    linkId: 'another',
  });

  await expect(proving).rejects.toMatchObject({ code: 'conflict' });
});

test('a server that stops tells its agents, which come back to the next one', async () => {
  const first = await LinkServer.start();
  const agent = await join(first);
  const told: Failure[] = [];
  agent.link({ onDown: (failure) => told.push(failure) });
  await eventually(() => expect(first.links).toHaveLength(1));
  const port = Number(new URL(first.url).port);
  await first[Symbol.asyncDispose]();
  expect(told[0]).toMatchObject({ code: 'unavailable' });

  const second = opened.use(await LinkServer.start({ identity: first.identity }, { port }));
  for (const [id, stored] of first.agents) second.agents.set(id, stored);
  await eventually(() => expect(second.links).toHaveLength(1));
});

test('an agent that is stopped at the moment it is connected ends', async () => {
  const server = await start();
  const agent = await join(server);
  const stopping = new AbortController();
  const { membership, identity, spool, epoch } = agent;
  const link = new ServerLink({ membership, identity, spool, epoch, serve: () => undefined, onConnected: () => stopping.abort() });

  await link.run(stopping.signal);

  await eventually(() => expect([...server.door.links]).toEqual([]));
});

test('a server of an older epoch is not obeyed, nor told anything; a newer one is', async () => {
  const newer = await start({ epoch: 7 });
  const agent = await join(newer);
  const { stop } = agent.link();
  await eventually(() => expect(newer.links).toHaveLength(1));
  await stop();
  const older = await start({ identity: newer.identity, epoch: 6 });
  for (const [id, stored] of newer.agents) older.agents.set(id, stored);
  const told: Failure[] = [];

  const { stop: stopOlder } = agent.link({ membership: { ...agent.membership, url: older.url }, onDown: (failure) => told.push(failure) });
  await eventually(() => expect(told.length).toBeGreaterThan(0));
  await stopOlder();

  expect(told[0]).toMatchObject({ code: 'conflict', message: expect.stringContaining('older copy') as string });
  expect(older.links).toEqual([]);
  const next = await start({ identity: newer.identity, epoch: 8 });
  for (const [id, stored] of newer.agents) next.agents.set(id, stored);
  agent.link({ membership: { ...agent.membership, url: next.url } });
  await eventually(() => expect(next.links).toHaveLength(1));
  expect(agent.epoch.highest).toBe(8);
});
