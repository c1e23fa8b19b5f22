/* eslint-disable max-lines-per-function -- a spec in all but its name: one test per case */
import { type CaseEngine, patterned } from './case-engine.ts';
import type { RawClient } from './raw-client.ts';

/** A door with the engine of the cases somewhere behind it. */
export interface CaseDoor {
  readonly client: () => Promise<RawClient>;
  readonly seen: CaseEngine['seen'];
}

/** Waits for what happens elsewhere. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 40_000; !isSo();) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const host = 'Host: docker';

/** What every way from a client's socket to an engine has to carry, one spec per case. */
export function transportCases(open: () => Promise<CaseDoor>): void {
  test('answers request after request on one connection', async () => {
    const raw = await (await open()).client();
    for (let round = 0; round < 3; round++) {
      await raw.sendHead('GET /small HTTP/1.1', host);
      expect(await raw.readAnswer()).toMatchObject({ status: 200, body: '{"ok":true}\n' });
    }
  });

  test('answers pipelined requests in their order, bodies and all', async () => {
    const raw = await (await open()).client();
    const late = `GET /late HTTP/1.1\r\n${host}\r\n\r\n`;
    const echo = (body: string): string => `POST /echo HTTP/1.1\r\n${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    await raw.send(late + echo('first') + echo('second') + late);
    expect((await raw.readAnswer()).body).toBe('{"late":true}\n');
    expect((await raw.readAnswer()).body).toBe('first');
    expect((await raw.readAnswer()).body).toBe('second');
    expect((await raw.readAnswer()).body).toBe('{"late":true}\n');
  });

  test('reads a head and a body that come byte by byte', async () => {
    const raw = await (await open()).client();
    raw.socket.setNoDelay(true);
    for (const byte of `POST /echo?x=1 HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nhello`) {
      await raw.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await raw.readAnswer()).toMatchObject({ status: 200, body: 'hello' });
  });

  test('passes target and end-to-end headers as sent, hop-by-hop ones not', async () => {
    const { client, seen } = await open();
    const raw = await client();
    const registryAuth = 'X-Registry-Auth: e30=';
    await raw.sendHead(
      'GET /facts?name=%2Fa%20b&x HTTP/1.1',
      host,
      registryAuth,
      'Connection: X-Hop',
      'X-Hop: 1',
      'Keep-Alive: 5',
      'Accept: a',
      'Accept: b',
    );
    const facts = JSON.parse((await raw.readAnswer()).body) as { target: string; headers: Record<string, string> };
    expect(facts.target).toBe('/facts?name=%2Fa%20b&x');
    expect(facts.headers).toEqual({ host: 'docker', 'x-registry-auth': 'e30=', accept: 'a, b' });
    expect(seen.requests).toHaveLength(1);
  });

  test('reads a chunked body with extensions and trailers and keeps the connection', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /echo HTTP/1.1', host, 'Transfer-Encoding: chunked');
    for (const piece of ['5;name=v', 'alue\r\nhel', 'lo\r\n1\r', '\n!\r\n0\r\nTrail: er\r\n', '\r\n']) await raw.send(piece);
    expect((await raw.readAnswer()).body).toBe('hello!');
    await raw.sendHead('GET /small HTTP/1.1', host);
    expect((await raw.readAnswer()).status).toBe(200);
  });

  test('says 100-continue when the body is first asked for', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /size HTTP/1.1', host, 'Content-Length: 4', 'Expect: 100-continue');
    expect((await raw.readHead()).line).toBe('HTTP/1.1 100 Continue');
    await raw.send('body');
    expect(await raw.readAnswer()).toMatchObject({ status: 200, body: '{"sizeBytes":4}\n' });
  });

  test('refuses without asking for the body and closes', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /refuse HTTP/1.1', host, 'Content-Length: 1000000', 'Expect: 100-continue');
    const answer = await raw.readAnswer();
    expect(answer).toMatchObject({ status: 409, body: '{"message":"refused unread"}\n' });
    expect(answer.headers.get('connection')).toBe('close');
    await raw.readToEnd();
  });

  test('answers a client that has half-closed before', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('GET /late HTTP/1.1', host);
    await raw.halfClose();
    expect((await raw.readAnswer()).body).toBe('{"late":true}\n');
    await raw.readToEnd();
  });

  test('goes on streaming to a client that has half-closed, and stops when it is gone', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('GET /endless HTTP/1.1', host);
    await raw.halfClose();
    await raw.readTo('\n40\n');
    expect(seen.aborted.size).toBe(0);
    raw.socket.destroy();
    await until(() => seen.ended.has('/endless'), 'the end of the stream');
  });

  test('sends the head before there is a body, and aborts when a silent client goes away', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('GET /early-head HTTP/1.1', host);
    expect((await raw.readHead()).status).toBe(200);
    raw.socket.destroy();
    await until(() => seen.ended.has('/early-head') && seen.aborted.has('/early-head'), 'the abort');
  });

  test('aborts what runs when the client goes away before the answer', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /never HTTP/1.1', host);
    await until(() => seen.requests.length === 1, 'the request');
    raw.socket.destroy();
    await until(() => seen.ended.has('/never'), 'the abort');
  });

  test('aborts an upload that breaks off', async () => {
    const { client, seen } = await open();
    const raw = await client();
    await raw.sendHead('POST /size HTTP/1.1', host, 'Content-Length: 1000');
    await raw.send('half');
    await until(() => seen.requests.length === 1, 'the request');
    raw.socket.destroy();
    await until(() => seen.received.has('/size'), 'the break');
    expect(seen.received.get('/size')).toMatch(/^<the (peer|client) /);
  });

  test('cuts the connection when an answer breaks, never ends it cleanly', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('GET /broken HTTP/1.1', host);
    expect((await raw.readHead()).headers.get('transfer-encoding')).toBe('chunked');
    expect((await raw.readToEnd()).toString()).toBe('4\r\nsome\r\n');
  });

  test('cuts an answer that is shorter than its head says', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('GET /too-short HTTP/1.1', host);
    expect((await raw.readHead()).headers.get('content-length')).toBe('10');
    expect((await raw.readToEnd()).toString()).toBe('short');
  });

  test('sends no body for HEAD, 204 and 304', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('HEAD /small HTTP/1.1', host);
    expect((await raw.readHead()).headers.get('content-length')).toBe('12');
    await raw.sendHead('HEAD /endless HTTP/1.1', host);
    expect((await raw.readHead()).status).toBe(200);
    for (const [path, status] of [['/nothing', 204] as const, ['/unchanged', 304] as const]) {
      await raw.sendHead(`GET ${path} HTTP/1.1`, host);
      const head = await raw.readHead();
      expect([head.status, head.headers.has('content-length')]).toEqual([status, false]);
    }
    await raw.sendHead('GET /small HTTP/1.1', host);
    expect((await raw.readAnswer()).status).toBe(200);
  });

  test('keeps a length that the answer names', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('GET /sized HTTP/1.1', host);
    expect((await raw.readHead()).headers.get('content-length')).toBe('300000');
    expect((await raw.read(300_000)).equals(patterned(0, 300_000))).toBe(true);
  });

  test('carries megabytes both ways, each byte once', async () => {
    const raw = await (await open()).client();
    const bytes = Buffer.from(patterned(0, 3_000_000));
    await raw.sendHead('POST /echo HTTP/1.1', host, `Content-Length: ${bytes.length}`, 'Connection: close');
    void raw.send(bytes);
    expect((await raw.readAnswer()).bytes.equals(bytes)).toBe(true);
  });

  test('a client that does not read holds the engine back', async () => {
    const { client, seen } = await open();
    const raw = await client();
    raw.socket.pause();
    await raw.sendHead('GET /big?bytes=100000000 HTTP/1.1', host);
    await until(() => seen.producedBytes > 0, 'the first bytes');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(seen.producedBytes).toBeLessThan(3_000_000);
  });

  test('an engine that does not read holds the client back', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /never HTTP/1.1', host, 'Content-Length: 50000000');
    raw.socket.write(Buffer.alloc(50_000_000));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(raw.socket.bytesWritten - raw.socket.writableLength).toBeLessThan(3_000_000);
  });

  test('a small body that nobody read does not end the connection, a large one does after the answer', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /refuse HTTP/1.1', host, 'Content-Length: 100');
    await raw.send(Buffer.alloc(100));
    expect((await raw.readAnswer()).status).toBe(409);
    await raw.sendHead('POST /refuse HTTP/1.1', host, 'Content-Length: 5000000');
    void raw.send(Buffer.alloc(5_000_000)).catch(() => undefined);
    expect((await raw.readAnswer()).body).toBe('{"message":"refused unread"}\n');
    await raw.readToEnd();
  });

  test('HTTP/1.0 gets its answer unchunked and the end', async () => {
    const raw = await (await open()).client();
    await raw.sendHead('POST /echo HTTP/1.0', 'Content-Length: 3');
    await raw.send('old');
    const answer = await raw.readAnswer();
    expect([answer.headers.has('transfer-encoding'), answer.body]).toEqual([false, 'old']);
  });
}
