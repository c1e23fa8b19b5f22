import { closedAfterEach, eventually } from '@gantry/base/testing';
import {
  browserNamespace,
  browserSocket,
  createGrant,
  createJoinCode,
  FleetMessage,
  getFleet,
  FleetSnapshot,
  getMe,
  Me,
  NewJoinCode,
  updateHost,
} from '@gantry/contract';
import { io } from 'socket.io-client';
import { addPerson, container, setUp, startTestServer, TestAgent, type TestBrowser, type TestServer } from '../testing/index.ts';

const opened = closedAfterEach();
let server: TestServer;
let owner: TestBrowser;
let person: TestBrowser;
let own: TestAgent;
let other: TestAgent;

beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
  const join = async (): Promise<TestAgent> => {
    const { code } = NewJoinCode.parse((await owner.call(createJoinCode, { body: {} })).body);
    return TestAgent.join(server.url, code);
  };
  [own, other] = [await join(), await join()];
  person = await addPerson(owner, 'mia');
  const { id } = Me.parse((await person.call(getMe)).body);
  await owner.call(createGrant, { body: { subject: { kind: 'user', id }, role: 'viewer', scope: { kind: 'host', host: own.id } } });
  tell(own, 'mine-a', 'a');
  tell(other, 'foreign-b', 'b');
  await eventually(async () => expect(FleetSnapshot.parse((await owner.call(getFleet)).body).rows).toHaveLength(2));
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function tell(agent: TestAgent, name: string, digit: string): void {
  agent.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [container(digit, { name })], gone: [] } }));
  const event = { type: 'container', action: 'start', actorId: digit.repeat(64), attributes: { name }, atMs: 5 };
  agent.spool.append(() => ({ kind: 'event', body: event }));
}

const numbers = { cpuPermille: 7, memoryBytes: 1, receiveBps: 0, sendBps: 0, readBps: 0, writeBps: 0, throttledPermille: 0, pids: 1 };

test('a page of somebody with one host hears of that host, and no byte of another: rows, numbers, events, hosts, what is gone', async () => {
  const rows = FleetSnapshot.parse((await owner.call(getFleet)).body).rows;
  const keyOf = (name: string): number => rows.find((row) => row.name === name)?.key ?? -1;
  const socket = io(`${server.url}${browserNamespace}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: person.headers,
  });
  opened.defer(() => void socket.disconnect());
  const heard: [string, unknown][] = [];
  socket.onAny((event: string, payload: unknown) => heard.push([event, payload]));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  socket.emit(browserSocket.watch.event, { keys: rows.map(({ key }) => key), hosts: [own.id, other.id] });

  const sending = setInterval(() => {
    for (const [agent, digit] of [
      [own, 'a'],
      [other, 'b'],
    ] as const)
      agent.link.sendSamples({ atMs: Date.now(), containers: [{ id: digit.repeat(64), ...numbers }] });
  }, 200);
  opened.defer(() => clearInterval(sending));
  tell(other, 'foreign-c', 'c');
  await owner.call(updateHost, { params: { hostId: other.id }, body: { name: 'foreign-host' } });
  other.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [], gone: ['b'.repeat(64)] } }));
  tell(own, 'mine-d', 'd');
  own.spool.append(() => ({ kind: 'inventory', body: { mode: 'delta', upserts: [], gone: ['a'.repeat(64)] } }));

  const messages = (): FleetMessage[] =>
    heard.filter(([event]) => event === browserSocket.fleet.event).map(([, payload]) => FleetMessage.parse(payload));
  await eventually(() => {
    expect(messages().flatMap(({ gone }) => gone)).toEqual([keyOf('mine-a')]);
    expect(JSON.stringify(heard)).toContain('mine-d');
    expect(heard.map(([event]) => event)).toContain(browserSocket.events.event);
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const text = JSON.stringify(heard);
  for (const foreign of ['foreign', other.id, 'b'.repeat(64), 'c'.repeat(64)]) expect(text).not.toContain(foreign);
  const keys = heard
    .filter(([event]) => event === browserSocket.samples.event)
    .flatMap(([, payload]) => (payload as { key: number }[]).map(({ key }) => key));
  expect(keys).not.toContain(keyOf('foreign-b'));
});
