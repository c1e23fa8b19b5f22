import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { busyboxImage } from '../busybox-archive.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { createContainer, framesOf, runContainer, uniqueName } from '../fixtures.ts';
import { RawClient } from '../raw-client.ts';
import { specsOf } from './specs-of.ts';

const host = 'Host: docker';
const json = 'Content-Type: application/json';

/** What HTTP libraries never send and real clients do: the engine behind its own door, byte by byte. */
export function socketConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const connect = () => RawClient.connect(engine().socketPath);
  const execOf = async (container: { id: string }, command: readonly string[]): Promise<string> => {
    const body = { Cmd: command, AttachStdin: true, AttachStdout: true, AttachStderr: true };
    return ((await ask(engine(), `POST /containers/${container.id}/exec`, { body })).value as { Id: string }).Id;
  };

  test('a head may come in pieces', async () => {
    await using client = await connect();
    for (const piece of ['GET /_p', 'ing HTT', 'P/1.1\r', '\nHost: d\r\nAccept: */*\r\n', '\r', '\n']) {
      await client.send(piece);
      await sleep(10);
    }

    expect(await client.readAnswer()).toMatchObject({ status: 200, body: 'OK' });
  });

  test('a connection is used again, also after it stood idle and after an error', async () => {
    await using client = await connect();
    for (const [target, status] of [
      ['/_ping', 200],
      ['/containers/nope/json', 404],
      ['/_ping', 200],
    ] as const) {
      await client.sendHead(`GET ${target} HTTP/1.1`, host);
      expect(await client.readAnswer()).toMatchObject({ status });
      await sleep(300);
    }
  });

  test('Connection: close closes after the answer', async () => {
    await using client = await connect();
    await client.sendHead('GET /_ping HTTP/1.1', host, 'Connection: close');

    expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*OK$/);
  });

  test('a client that half-closes with its request still gets the answer', async () => {
    await using client = await connect();
    await client.sendHead('GET /info HTTP/1.1', host, 'Connection: close');
    await client.halfClose();

    expect(await client.readHead()).toMatchObject({ status: 200 });
  });

  test('a body comes in chunks as well', async () => {
    await using client = await connect();
    const body = '{"Image":"none-such"}';
    await client.sendHead('POST /containers/create HTTP/1.1', host, json, 'Transfer-Encoding: chunked');
    for (const part of [body.slice(0, 5), body.slice(5)]) await client.send(`${part.length.toString(16)}\r\n${part}\r\n`);
    await client.send('0\r\n\r\n');

    expect(await client.readAnswer()).toMatchObject({ status: 404, body: expect.stringContaining('none-such') as unknown });
  });

  test('a client that expects it is told to continue', async () => {
    await using client = await connect();
    const body = '{"Image":"none-such"}';
    await client.sendHead('POST /containers/create HTTP/1.1', host, json, `Content-Length: ${body.length}`, 'Expect: 100-continue');

    expect((await client.readHead()).status).toBe(100);
    await client.send(body);
    expect((await client.readAnswer()).status).toBe(404);
  });

  test('the JSON body of a hijack is not typed into the container', async () => {
    const container = await runContainer(engine(), 'sleep 60');
    const body = '{"Detach":false,"Tty":false}';
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const bodies = [
      ['Transfer-Encoding: chunked', chunked],
      [`Content-Length: ${body.length}`, body],
    ] as const;
    for (const [length, bytes] of bodies) {
      const id = await execOf(container, ['cat']);
      await using client = await connect();
      await client.sendHead(`POST /exec/${id}/start HTTP/1.1`, host, json, length, 'Connection: Upgrade', 'Upgrade: tcp');
      await client.send(bytes);
      expect((await client.readHead()).status).toBe(101);
      await client.send('typed');
      await client.halfClose();
      expect(framesOf(await client.readToEnd())).toEqual({ stdout: 'typed', stderr: '' });
    }
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('an upload that breaks off in the middle leaves nothing, and the engine answers on', async () => {
    const tag = `${uniqueName('image')}:1`;
    const { archive } = busyboxImage([tag], { Labels: { tag } });
    const client = await connect();
    await client.sendHead('POST /images/load HTTP/1.1', host, `Content-Length: ${archive.length}`);
    await client.send(archive.subarray(0, archive.length / 2));
    await client[Symbol.asyncDispose]();

    expect(await ask(engine(), 'GET /_ping')).toMatchObject({ status: 200 });
    await sleep(200);
    expect(await ask(engine(), `GET /images/${tag}/json`)).toMatchObject({ status: 404 });
  });

  test('a container goes on when the client of its attach goes away', async () => {
    const container = await createContainer(engine(), { Cmd: ['sh', '-c', 'while :; do echo x; sleep 0.02; done'] });
    const client = await connect();
    await client.sendHead(
      `POST /containers/${container.id}/attach?stream=1&stdout=1 HTTP/1.1`,
      host,
      'Content-Length: 0',
      'Connection: Upgrade',
      'Upgrade: tcp',
    );
    await client.readHead();
    await ask(engine(), `POST /containers/${container.id}/start`);
    await client.readTo('x');

    await client[Symbol.asyncDispose]();
    await sleep(200);

    expect((await ask(engine(), `GET /containers/${container.id}/json`)).value).toMatchObject({ State: { Running: true } });
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });

  test('a websocket is attached', async () => {
    const container = await createContainer(engine(), { Cmd: ['cat'], OpenStdin: true, Tty: true });
    await ask(engine(), `POST /containers/${container.id}/start`);
    await using client = await connect();
    await client.sendHead(
      `GET /containers/${container.id}/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1`,
      host,
      'Origin: http://docker',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    );

    expect(await client.readHead()).toMatchObject({ status: 101 });
    await client.send(maskedText('hello\n'));

    // The terminal's echo, and what `cat` says.
    await client.readTo('hello\r\n');
    await client.readTo('hello\r\n');
    await ask(engine(), `POST /containers/${container.id}/kill`);
  });
}

/** A websocket frame of a client, which has to be masked. */
function maskedText(text: string): Buffer {
  const mask = randomBytes(4);
  const payload = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]);
}
