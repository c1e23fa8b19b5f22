import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { closedAfterEach, temporaryDirectory } from '@gantry/base/testing';
import { noBytes } from '../bytes/pulled-bytes.ts';
import { serveEngine } from '../door/serve-engine.ts';
import type { Bytes, Engine, EngineRequest, PlainResponse } from '../engine.ts';
import { caseEngine } from '../testing/case-engine.ts';
import { until } from '../testing/transport-cases.ts';
import { dockerEngine } from './docker-engine.ts';

const opened = closedAfterEach();

function asked(given: Partial<EngineRequest> & Pick<EngineRequest, 'target'>): EngineRequest {
  const defaults = { method: 'GET', headers: new Map(), upgrade: 'none', body: noBytes, caller: { kind: 'process' } } as const;
  return { ...defaults, signal: new AbortController().signal, ...given };
}

async function answered(engine: Engine, request: EngineRequest): Promise<{ status: number; body: string }> {
  const response = (await engine(request)) as PlainResponse;
  let body = '';
  if (response.body instanceof Uint8Array) body = Buffer.from(response.body).toString();
  else for await (const chunk of response.body) body += Buffer.from(chunk).toString();
  return { status: response.status, body };
}

async function socketPath(): Promise<string> {
  return `${opened.use(await temporaryDirectory()).path}/docker.sock`;
}

/** A daemon that does with each connection what it is told. */
async function scripted(serve: (socket: Socket, connection: number) => void): Promise<{ engine: Engine; connections: () => number }> {
  const path = await socketPath();
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket, ++connections);
  });
  server.listen(path);
  await once(server, 'listening');
  opened.defer(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const engine = dockerEngine({ socketPath: path });
  opened.defer(() => engine[Symbol.dispose]());
  return { engine, connections: () => connections };
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function* bytesOf(...texts: string[]): Bytes {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

test('a daemon that is not there is 503', async () => {
  const path = await socketPath();
  const { status, body } = await answered(dockerEngine({ socketPath: path }), asked({ target: '/_ping' }));
  expect([status, body]).toEqual([
    503,
    `{"message":"Cannot connect to the Docker daemon at unix://${path}. Is the docker daemon running?"}\n`,
  ]);
});

test.each([
  ['breaks off before it answers', (socket: Socket) => void socket.end(), 'the Docker daemon closed the connection before it answered'],
  ['speaks no HTTP', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH\r\n\r\n'), 'malformed status line'],
  ['answers with half a head', (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nX'), 'the head is not complete'],
])('a daemon that %s is 502', async (_name, serve, message) => {
  const { engine } = await scripted(serve);
  expect(await answered(engine, asked({ method: 'POST', target: '/x' }))).toEqual({ status: 502, body: `{"message":"${message}"}\n` });
});

test('an answer that breaks off is thrown to its reader', async () => {
  const { engine } = await scripted((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
  await expect(answered(engine, asked({ target: '/x' }))).rejects.toThrow('the Docker daemon broke off its answer');
});

test('reads share a connection, writes have their own', async () => {
  const { engine, connections } = await scripted((socket) => void socket.on('data', () => socket.write(ok)));
  for (let round = 0; round < 3; round++) expect(await answered(engine, asked({ target: '/x' }))).toEqual({ status: 200, body: 'ok' });
  expect(connections()).toBe(1);
  for (let round = 0; round < 2; round++) await answered(engine, asked({ method: 'POST', target: '/x' }));
  expect(connections()).toBe(3);
});

test('a read on a connection that the daemon has just dropped is asked again', async () => {
  const { engine, connections } = await scripted((socket, connection) => {
    let requests = 0;
    socket.on('data', () => {
      if (++requests === 1) socket.write(ok);
      else if (connection === 1) socket.destroy();
    });
  });
  await answered(engine, asked({ target: '/x' }));
  expect(await answered(engine, asked({ target: '/x' }))).toEqual({ status: 200, body: 'ok' });
  expect(connections()).toBe(2);
});

test('answers before the final one are passed over', async () => {
  const { engine } = await scripted(
    (socket) => void socket.on('data', () => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}`)),
  );
  expect(await answered(engine, asked({ target: '/x' }))).toEqual({ status: 200, body: 'ok' });
});

test('a body longer or shorter than its length never reaches the daemon as a second request', async () => {
  const got: string[] = [];
  const { engine } = await scripted((socket) => void socket.on('data', (bytes: Buffer) => got.push(bytes.toString())));
  const headers = new Map([['content-length', '4']]);
  for (const body of [bytesOf('four', 'DELETE /containers/x HTTP/1.1\r\n\r\n'), bytesOf('abc')]) {
    const { status, body: message } = await answered(engine, asked({ method: 'POST', target: '/x', headers, body }));
    expect([status, message]).toEqual([500, expect.stringContaining('its head says 4') as string]);
  }
  expect(got.join('')).not.toContain('DELETE');
});

test('an abort closes the connection to the daemon', async () => {
  const closed = Promise.withResolvers<boolean>();
  const { engine } = await scripted((socket) => {
    socket.on('close', () => closed.resolve(true)).on('end', () => socket.destroy());
    socket.resume();
  });
  const abort = new AbortController();
  const pending = engine(asked({ target: '/events', signal: abort.signal }));
  setTimeout(() => abort.abort(), 30);
  await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
  expect(await closed.promise).toBe(true);
});

test('an answer that comes before the body is sent stops the body', async () => {
  const { engine } = await scripted(
    (socket) => void socket.once('data', () => socket.write('HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')),
  );
  let isStopped = false;
  const endless = (async function* (): Bytes {
    try {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield Buffer.alloc(1000);
      }
    } finally {
      isStopped = true;
    }
  })();
  expect((await answered(engine, asked({ method: 'POST', target: '/x', body: endless }))).status).toBe(413);
  await until(() => isStopped, 'the end of the body');
});

test('a daemon that half-closes its output still gets the input', async () => {
  const path = await socketPath();
  const { engine, seen } = caseEngine();
  opened.use(await serveEngine(engine, { path }));
  const response = await dockerEngine({ socketPath: path })(asked({ method: 'POST', target: '/sink', upgrade: 'tcp' }));
  if (response.kind !== 'hijacked') throw new Error('not hijacked');
  const later = (async function* (): Bytes {
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield Buffer.from('late');
  })();
  for await (const chunk of response.open(later)) expect(Buffer.from(chunk).toString()).toBe('ready');
  while (!seen.received.has('/sink')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(seen.received.get('/sink')).toBe('late');
});

test.each([
  ['a short one goes by its length', ['{"Tty":', 'false}'], /content-length: 13\r\n/i],
  ['a long one goes on in chunks', [`"${'x'.repeat(60_000)}`, `${'y'.repeat(60_000)}"`], /transfer-encoding: chunked\r\n/i],
])('of a JSON body without a length %s', async (_name, texts, framing) => {
  let text = '';
  const { engine } = await scripted((socket) => {
    socket.on('data', (bytes) => {
      text += bytes.toString();
      if (text.endsWith('}') || text.endsWith('\r\n0\r\n\r\n')) socket.write(ok);
    });
  });
  const headers = new Map([['content-type', 'application/json']]);

  await answered(engine, asked({ method: 'POST', target: '/exec/x/start', headers, body: bytesOf(...texts) }));

  expect(text).toMatch(framing);
  expect(text.replaceAll(/\r\n[0-9a-f]+\r\n/g, '')).toContain(texts[0]);
});
