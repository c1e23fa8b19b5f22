// Claim: the engine door costs no more than one and a half times what Node's own http server costs per small request, and both stream alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { dockerEngine, type Engine, json, serveEngine, stream } from '@gantry/engine-api';

const rounds = 9;
const requests = 4000;
const concurrency = 8;
const streamBytes = 256 * 1024 * 1024;
const answer = { Containers: 3, Images: 7, ServerVersion: '1', Labels: ['a=b', 'c=d'] };
const chunk = new Uint8Array(65_536);

/** A keep-alive connection that asks again as soon as it is answered; both servers get the same bytes. */
function asking(path: string, count: number): Promise<void> {
  const request = 'GET /v1.44/info HTTP/1.1\r\nHost: docker\r\nUser-Agent: bench\r\nAccept: application/json\r\n\r\n';
  return new Promise((resolve, reject) => {
    let left = count;
    let received = '';
    const socket = connect(path, () => socket.write(request));
    socket.on('error', reject).on('data', (bytes) => {
      received += bytes.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
      if (head < 0 || received.length < head + 4 + length) return;
      received = '';
      if (--left > 0) return void socket.write(request);
      socket.destroy();
      resolve();
    });
  });
}

async function microsecondsPerRequest(path: string): Promise<number> {
  const startMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, () => asking(path, requests / concurrency)));
  return ((performance.now() - startMs) * 1000) / requests;
}

function megabytesPerSecond(path: string): Promise<number> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    let received = 0;
    const socket = connect(path, () => socket.write('GET /stream HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n'));
    socket
      .on('error', reject)
      .on('data', (bytes) => (received += bytes.length))
      .on('close', () => resolve(received / 1e6 / ((performance.now() - startMs) / 1000)));
  });
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < streamBytes; sent += chunk.length) yield await Promise.resolve(chunk);
}

const engine: Engine = ({ target }) => Promise.resolve(target === '/stream' ? stream({}, chunks()) : json(200, answer));
const plain = createServer((request, response) => {
  if (request.url !== '/stream') {
    const body = JSON.stringify(answer);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
    return;
  }
  void (async () => {
    for await (const bytes of chunks()) if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve));
    response.end();
  })();
});

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const directory = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
const paths = { http: join(directory, 'http'), door: join(directory, 'door'), proxy: join(directory, 'proxy') };
await using undo = new AsyncDisposableStack();
undo.defer(() => rm(directory, { recursive: true, force: true }));
undo.use(await serveEngine(engine, { path: paths.door }));
undo.use(await serveEngine(undo.use(dockerEngine({ socketPath: paths.door })), { path: paths.proxy }));
await new Promise<void>((resolve) => plain.listen(paths.http, resolve));
undo.defer(() => void plain.close());

const small: Record<string, number[]> = { http: [], door: [], proxy: [] };
const streamed: Record<string, number[]> = { http: [], door: [], proxy: [] };
for (let round = -1; round < rounds; round++) {
  for (const [name, path] of Object.entries(paths)) {
    const [request, rate] = [await microsecondsPerRequest(path), await megabytesPerSecond(path)];
    if (round < 0) continue;
    small[name]?.push(request);
    streamed[name]?.push(rate);
  }
}
const base = median(small['http'] ?? []);
console.table(
  Object.fromEntries(
    Object.keys(paths).map((name) => {
      const request = median(small[name] ?? []);
      return [
        name,
        {
          'µs per request': Math.round(request),
          'to http': Number((request / base).toFixed(2)),
          'MB/s': Math.round(median(streamed[name] ?? [])),
        },
      ];
    }),
  ),
);
console.log(JSON.stringify({ small, streamed }));
