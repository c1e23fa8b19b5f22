import { endOtherSessions, endOwnSession, getMe, listOwnSessions, login, OwnSession } from '@gantry/contract';
import { io } from 'socket.io-client';
import { addViewer, endsWithinASecond, setUp, startTestServer, TestBrowser, type TestServer, viewersPassword } from '../testing/index.ts';

let server: TestServer;
let owner: TestBrowser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await setUp(server);
});
afterAll(() => server[Symbol.asyncDispose]());

async function signIn(name: string, agent: string): Promise<TestBrowser> {
  const browser = new TestBrowser(server.url);
  await browser.call(login, { body: { name, password: viewersPassword }, headers: { 'user-agent': agent } });
  return browser;
}

async function list(browser: TestBrowser): Promise<OwnSession[]> {
  return OwnSession.array().parse((await browser.call(listOwnSessions)).body);
}

test('people see where they are signed in, and end what they do not know: its sockets close with it', async () => {
  const here = await addViewer(owner, 'sven');
  const there = await signIn('sven', 'Telephone');
  const socket = io(`${server.url}/browser`, { transports: ['websocket'], extraHeaders: there.headers, reconnection: false });
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  const ended = new Promise<unknown>((resolve) => socket.on('ended', resolve));

  const sessions = await list(here);
  expect(sessions).toHaveLength(2);
  expect(sessions.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
  const other = sessions.find(({ userAgent }) => userAgent === 'Telephone');
  expect(other).toMatchObject({ address: '127.0.0.1', isCurrent: false });

  const answer = await endsWithinASecond(server, ended, () => here.call(endOwnSession, { params: { sessionId: other?.id ?? '' } }));
  expect([answer.status, await ended]).toEqual([204, { reason: 'revoked' }]);
  expect((await there.call(getMe)).status).toBe(401);
  expect(await list(here)).toHaveLength(1);
});

test('nobody ends a session of somebody else, nor learns whether there is one', async () => {
  const sara = await addViewer(owner, 'sara');
  const [mine] = await list(sara);

  expect(await owner.call(endOwnSession, { params: { sessionId: mine?.id ?? '' } })).toMatchObject({ status: 404 });
  expect((await sara.call(getMe)).status).toBe(200);
});

test('all others end at once, this one stays', async () => {
  const here = await addViewer(owner, 'sina');
  const others = await Promise.all(['A', 'B', 'C'].map((agent) => signIn('sina', agent)));

  expect((await here.call(endOtherSessions)).status).toBe(204);
  for (const other of others) expect((await other.call(getMe)).status).toBe(401);
  expect(await list(here)).toHaveLength(1);
  expect((await owner.call(getMe)).status).toBe(200);
});
