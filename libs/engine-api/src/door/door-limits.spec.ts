import { once } from 'node:events';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import type { Failure } from '@gantry/base';
import { caseEngine, type Seen } from '../testing/case-engine.ts';
import { RawClient } from '../testing/raw-client.ts';
import { until } from '../testing/transport-cases.ts';
import type { DoorLimits } from './admission.ts';
import { type EngineDoor, serveEngine } from './serve-engine.ts';

const opened = closedAfterEach();
const host = 'Host: docker';

interface Opened {
  readonly door: EngineDoor;
  readonly path: string;
  readonly seen: Seen;
  readonly client: () => Promise<RawClient>;
}

async function open(limits: DoorLimits = {}): Promise<Opened> {
  const { path: directory } = opened.use(await temporaryDirectory());
  const { engine, seen } = caseEngine();
  const path = `${directory}/engine.sock`;
  const door = opened.use(await serveEngine(engine, { path, ...limits }));
  return { door, path, seen, client: async () => opened.use(await RawClient.connect(path)) };
}

describe('what is no HTTP', () => {
  test.each<[string, string, number]>([
    ['length and chunks', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['two lengths', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`, 400],
    ['a list of lengths', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: 4, 4\r\n\r\nabcd`, 400],
    ['a signed length', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: +4\r\n\r\nabcd`, 400],
    ['a length in hex', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: 0x4\r\n\r\nabcd`, 400],
    ['a negative length', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: -4\r\n\r\n`, 400],
    ['a coding that hides another', `POST /echo HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked, identity\r\n\r\n`, 501],
    ['an unknown coding', `POST /echo HTTP/1.1\r\n${host}\r\nTransfer-Encoding: xchunked\r\n\r\n`, 501],
    ['chunks in HTTP/1.0', `POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a folded header', `GET /small HTTP/1.1\r\n${host}\r\nX: a\r\n b\r\n\r\n`, 400],
    ['a blank before the colon', `GET /small HTTP/1.1\r\n${host}\r\nContent-Length : 4\r\n\r\n`, 400],
    ['a header without a colon', `GET /small HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`, 400],
    ['a bare line feed', `GET /small HTTP/1.1\n${host}\n\n`, 400],
    ['a bare carriage return', `GET /small HTTP/1.1\r\n${host}\r\nX: a\rContent-Length: 4\r\n\r\n`, 400],
    ['a zero byte', `GET /small HTTP/1.1\r\n${host}\r\nX: a\0b\r\n\r\n`, 400],
    ['two hosts', `GET /small HTTP/1.1\r\n${host}\r\nHost: b\r\n\r\n`, 400],
    ['no host', `GET /small HTTP/1.1\r\n\r\n`, 400],
    ['two blanks in the first line', `GET  /small HTTP/1.1\r\n${host}\r\n\r\n`, 400],
    ['bytes above ASCII in the target', `GET /sm\u00e4ll HTTP/1.1\r\n${host}\r\n\r\n`, 400],
    ['a target that is no path', `GET small HTTP/1.1\r\n${host}\r\n\r\n`, 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['an expectation nobody can meet', `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: 1\r\nExpect: magic\r\n\r\n`, 417],
    ['a method the API does not have', `TRACE /small HTTP/1.1\r\n${host}\r\n\r\n`, 404],
    ['half a websocket', `GET /attach HTTP/1.1\r\n${host}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`, 400],
  ])('%s is refused, and what follows it is never served', async (_name, bytes, status) => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.send(`${bytes}GET /small HTTP/1.1\r\n${host}\r\n\r\n`);
    const answer = await raw.readAnswer();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
    expect((await raw.readToEnd()).length).toBe(0);
    expect(seen.requests).toHaveLength(0);
  });

  test.each([
    ['a chunk size that is none', 'zz\r\n'],
    ['a negative chunk size', '-1\r\n'],
    ['a chunk longer than its size', '2\r\nabc\r\n'],
    ['a chunk line with a bare line feed', '2\nab\r\n'],
    ['a chunk line without end', 'a'.repeat(10_000)],
  ])('%s breaks the body', async (_name, body) => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /size HTTP/1.1', host, 'Transfer-Encoding: chunked');
    await raw.send(body);
    expect((await raw.readAnswer()).status).toBe(400);
    await raw.readToEnd();
    expect(seen.received.get('/size')).toMatch(/^<malformed chunk/);
  });
});

describe('limits', () => {
  test('a head of a megabyte is served, a larger one gets 431', async () => {
    const { client } = await open();
    const raw = await client();
    await raw.sendHead('GET /small HTTP/1.1', host, `X: ${'a'.repeat(1_048_576 - 100)}`);
    expect((await raw.readAnswer()).status).toBe(200);
    void raw.sendHead('GET /small HTTP/1.1', host, `X: ${'a'.repeat(1_048_576)}`).catch(() => undefined);
    expect((await raw.readAnswer()).status).toBe(431);
  });

  test('a head that does not come to its end in time gets 408, a connection without one stays open', async () => {
    const { client } = await open({ headTimeoutMs: 80 });
    const [slow, idle] = [await client(), await client()];
    await slow.send('GET /small HT');
    expect((await slow.readAnswer()).status).toBe(408);
    await idle.sendHead('GET /small HTTP/1.1', host);
    expect((await idle.readAnswer()).status).toBe(200);
  });

  test('an idle connection is closed after the time that was asked for, a busy one is not', async () => {
    const { client } = await open({ idleTimeoutMs: 700 });
    const [busy, idle] = [await client(), await client()];
    await busy.sendHead('GET /early-head HTTP/1.1', host);
    expect((await busy.readHead()).status).toBe(200);
    await idle.sendHead('GET /small HTTP/1.1', host);
    expect((await idle.readAnswer()).status).toBe(200);
    expect((await idle.readToEnd()).length).toBe(0);
    expect(busy.hasEnded).toBe(false);
  });

  test('a connection that never says anything is closed, one that has is not', async () => {
    const { client } = await open({ firstHeadTimeoutMs: 700 });
    const [silent, known] = [await client(), await client()];
    await known.sendHead('GET /small HTTP/1.1', host);
    expect((await known.readAnswer()).status).toBe(200);
    expect((await silent.readToEnd()).length).toBe(0);
    await known.sendHead('GET /small HTTP/1.1', host);
    expect((await known.readAnswer()).status).toBe(200);
  });

  test('a body that stands still gets 408, one that takes its time is served', async () => {
    const { client, seen } = await open({ bodyTimeoutMs: 1500 });
    const [still, slow] = [await client(), await client()];
    await still.sendHead('POST /size HTTP/1.1', host, 'Content-Length: 10');
    await still.send('abc');
    await slow.sendHead('POST /size HTTP/1.1', host, 'Content-Length: 20');
    for (let sent = 0; sent < 20; sent += 1) {
      await slow.send('.');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await slow.readAnswer()).toMatchObject({ status: 200, body: '{"sizeBytes":20}\n' });
    expect(await still.readAnswer()).toMatchObject({ status: 408, body: '{"message":"the body was waited for 1500 ms"}\n' });
    await still.readToEnd();
    expect(seen.received.get('/size')).toBe('<the body was waited for 1500 ms>');
  });

  test('a client that ends inside a head is told so', async () => {
    const { client } = await open();
    const raw = await client();
    await raw.send('GET /small HTTP/1.1\r\nHost');
    await raw.halfClose();
    expect((await raw.readAnswer()).status).toBe(400);
  });
});

describe('the door itself', () => {
  test('a failure of the engine is answered with 500 and told once', async () => {
    const failures: string[] = [];
    const { client } = await open({ onFailure: (failure: Failure, { target }) => void failures.push(`${target}: ${failure.message}`) });
    const raw = await client();
    await raw.sendHead('GET /rejects HTTP/1.1', host);
    expect(await raw.readAnswer()).toMatchObject({ status: 500, body: '{"message":"the engine broke"}\n' });
    const broken = await client();
    await broken.sendHead('GET /broken HTTP/1.1', host);
    await broken.readToEnd();
    expect(failures).toEqual(['/rejects: the engine broke', '/broken: the disk broke']);
  });

  test('its socket has its mode and is gone after it', async () => {
    const { door, path } = await open();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await door[Symbol.asyncDispose]();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('closing aborts what runs and closes what waits', async () => {
    const { door, client, seen } = await open();
    const [running, idle] = [await client(), await client()];
    await running.sendHead('GET /endless HTTP/1.1', host);
    await running.readTo('\n3\n');
    await until(() => door.connections === 2, 'both connections');
    await door[Symbol.asyncDispose]();
    await Promise.all([running.readToEnd(), idle.readToEnd()]);
    expect(seen.aborted.get('/endless')).toBe('the door is closing');
    await until(() => door.connections === 0 && seen.ended.has('/endless'), 'the end');
  });

  test('a socket that nobody listens on is replaced, one that answers and a file are not', async () => {
    const { path: directory } = opened.use(await temporaryDirectory());
    const path = `${directory}/engine.sock`;
    const { engine } = caseEngine();
    const first = opened.use(await serveEngine(engine, { path }));
    await expect(serveEngine(engine, { path })).rejects.toMatchObject({ code: 'conflict', message: `another process listens on ${path}` });
    await first[Symbol.asyncDispose]();
    // A process that was killed leaves its socket; Node removes the name it has bound, so it is bound elsewhere and moved.
    const dead = createServer().listen(`${directory}/dead`);
    await once(dead, 'listening');
    await chmod(`${directory}/dead`, 0o600);
    const { rename } = await import('node:fs/promises');
    await rename(`${directory}/dead`, path);
    dead.close();
    opened.use(await serveEngine(engine, { path }));
    await writeFile(`${directory}/file`, '');
    await expect(serveEngine(engine, { path: `${directory}/file` })).rejects.toMatchObject({ code: 'conflict' });
    await expect(serveEngine(engine, { path: `${directory}/${'x'.repeat(120)}` })).rejects.toMatchObject({ code: 'invalid' });
  });
});
