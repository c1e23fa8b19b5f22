import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { closedAfterEach } from '@gantry/base/testing';
import { caseEngine, type Seen } from '../testing/case-engine.ts';
import { RawClient } from '../testing/raw-client.ts';
import { selfSigned } from '../testing/self-signed.ts';
import type { Admit, DoorLimits } from './admission.ts';
import { EngineDispatcher } from './engine-dispatcher.ts';

const opened = closedAfterEach();
const host = 'Host: gantry';

interface Web {
  readonly client: () => Promise<RawClient>;
  readonly port: number;
  readonly seen: Seen;
  readonly dispatcher: EngineDispatcher;
}

/** A web server with upgrades of its own and an engine under /engine/. */
async function server(isSecure = false, limits: DoorLimits = {}): Promise<Web> {
  const { engine, seen } = caseEngine();
  const answer: RequestListener = (request, response) => response.end(`web ${request.url ?? ''}`);
  const web = isSecure ? createSecureServer(selfSigned(), answer) : createServer(answer);
  web.on('upgrade', (request, socket) => socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\nweb upgrade ${request.url ?? ''}`));
  const admit: Admit = ({ target, headers }) =>
    headers.has('authorization')
      ? { engine, caller: { kind: 'person', id: 'p1', name: 'ada', requestId: 'r1' }, target: target.slice('/engine/h1'.length) }
      : { kind: 'plain', status: 401, headers: new Map(), body: Buffer.from('who are you?') };
  const dispatcher = EngineDispatcher.attach(web, { prefix: '/engine/', admit, ...limits });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  opened.defer(async () => {
    dispatcher[Symbol.dispose]();
    web.closeAllConnections();
    web.close();
    await once(web, 'close');
  });
  const { port } = web.address() as AddressInfo;
  const connect = (): Promise<RawClient> => (isSecure ? RawClient.connectSecurely(port) : RawClient.connect({ port, host: '127.0.0.1' }));
  return { port, seen, dispatcher, client: async () => opened.use(await connect()) };
}

const key = 'Authorization: Bearer k';

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_scheme, isSecure) => {
  test('requests for the engine and for the web share a connection', async () => {
    const raw = await (await server(isSecure)).client();
    await raw.sendHead('GET /engine/h1/small HTTP/1.1', host, key);
    expect((await raw.readAnswer()).body).toBe('{"ok":true}\n');
    await raw.sendHead('GET /page HTTP/1.1', host);
    expect((await raw.readAnswer()).body).toBe('web /page');
    await raw.sendHead('POST /engine/h1/echo HTTP/1.1', host, key, 'Content-Length: 5');
    await raw.send('hello');
    expect((await raw.readAnswer()).body).toBe('hello');
    await raw.sendHead('GET /page HTTP/1.1', host);
    expect((await raw.readAnswer()).body).toBe('web /page');
  });

  test('attach without an Upgrade header works', async () => {
    const raw = await (await server(isSecure)).client();
    await raw.sendHead('POST /engine/h1/attach HTTP/1.1', host, key);
    await raw.send('typed early ');
    expect((await raw.readHead()).line).toBe('HTTP/1.1 200 OK');
    await raw.send('and late');
    await raw.halfClose();
    expect((await raw.readToEnd()).toString()).toBe('typed early and late<input ended>');
  });

  test.each([
    ['a connection of its own', false],
    ['a connection that served the web before', true],
  ])('an upgrade with a body and first bytes works on %s', async (_name, isShared) => {
    const raw = await (await server(isSecure)).client();
    if (isShared) {
      await raw.sendHead('GET /page HTTP/1.1', host);
      await raw.readAnswer();
    }
    const head = [
      'POST /engine/h1/body-then-attach HTTP/1.1',
      host,
      key,
      'Connection: Upgrade',
      'Upgrade: tcp',
      'Content-Length: 2',
      '',
      '{}typed',
    ];
    await raw.send(head.join('\r\n'));
    expect((await raw.readHead()).line).toBe('HTTP/1.1 101 UPGRADED');
    expect((await raw.read(9)).toString()).toBe('[{}]typed');
    await raw.halfClose();
    expect((await raw.readToEnd()).toString()).toBe('<input ended>');
  });

  test.each([
    ['a connection of its own', false],
    ['a connection that served the web before', true],
  ])('who is refused and drips a body all the same is cut off: %s', async (_name, isShared) => {
    const raw = await (await server(isSecure, { drainTimeoutMs: 300 })).client();
    if (isShared) {
      await raw.sendHead('GET /page HTTP/1.1', host);
      await raw.readAnswer();
    }
    await raw.sendHead('POST /engine/h1/size HTTP/1.1', host, 'Content-Length: 100000');
    expect((await raw.readAnswer()).status).toBe(401);
    const deadline = Date.now() + 30_000;
    while (!raw.hasEnded && Date.now() < deadline) {
      await raw.send('.').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(raw.hasEnded).toBe(true);
  });

  test('upgrades of the web server stay its own', async () => {
    const raw = await (await server(isSecure)).client();
    await raw.sendHead('GET /socket.io/ HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket');
    expect((await raw.readHead()).status).toBe(101);
    expect((await raw.readToEnd()).toString()).toBe('web upgrade /socket.io/');
  });
});

test('whoever is not admitted is refused before the body is asked for', async () => {
  const { client, seen } = await server();
  const raw = await client();
  await raw.sendHead('POST /engine/h1/size HTTP/1.1', host, 'Content-Length: 5', 'Expect: 100-continue');
  expect(await raw.readAnswer()).toMatchObject({ status: 401, body: 'who are you?' });
  expect(seen.requests).toHaveLength(0);
});

test('the engine sees the caller and the target that the admission says', async () => {
  const { client, seen } = await server();
  const raw = await client();
  await raw.sendHead('GET /engine/h1/small?a=1 HTTP/1.1', host, key);
  await raw.readAnswer();
  expect(seen.requests[0]).toMatchObject({ target: '/small?a=1', caller: { kind: 'person', name: 'ada' } });
});

test('a shared connection streams, asks for bodies, aborts, and says what it cannot do', async () => {
  const { client, seen } = await server();
  const raw = await client();
  await raw.sendHead('GET /page HTTP/1.1', host);
  await raw.readAnswer();
  await raw.sendHead('POST /engine/h1/size HTTP/1.1', host, key, 'Content-Length: 4', 'Expect: 100-continue');
  expect((await raw.readHead()).status).toBe(100);
  await raw.send('body');
  expect((await raw.readAnswer()).body).toBe('{"sizeBytes":4}\n');
  await raw.sendHead('POST /engine/h1/attach HTTP/1.1', host, key);
  expect((await raw.readAnswer()).status).toBe(426);
  await raw.sendHead('GET /engine/h1/endless HTTP/1.1', host, key);
  await raw.readTo('\n5\n');
  raw.socket.destroy();
  while (!seen.ended.has('/endless')) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("Node's own client keeps its connection over both", async () => {
  const { port } = await server();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  opened.defer(() => agent.destroy());
  const get = async (path: string): Promise<string> => {
    const request = httpRequest({ port, host: '127.0.0.1', path, agent, headers: { authorization: 'k' } }).end();
    const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
    let body = '';
    for await (const chunk of response) body += chunk.toString();
    return body;
  };
  expect([await get('/engine/h1/small'), await get('/a'), await get('/engine/h1/small')]).toEqual([
    '{"ok":true}\n',
    'web /a',
    '{"ok":true}\n',
  ]);
});

test('disposing aborts what runs', async () => {
  const { client, seen, dispatcher } = await server();
  const raw = await client();
  await raw.sendHead('POST /engine/h1/never HTTP/1.1', host, key);
  while (seen.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  dispatcher[Symbol.dispose]();
  await raw.readToEnd();
  expect(seen.aborted.get('/never')).toBe('the door is closing');
});
