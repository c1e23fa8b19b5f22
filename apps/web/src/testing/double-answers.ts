import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '@gantry/engine-api';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** This and for how long a file is kept are as the real server sends them. */
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Read once: somebody may build while a test runs. */
const files = new Map(
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(dist.length), readFileSync(path)] as const),
);

/** A file of the built app, or its page. */
export function serveFile(pathname: string, response: ServerResponse): void {
  const path = extname(pathname) ? pathname : '/index.html';
  const body = files.get(path);
  if (!body) return void response.writeHead(404).end();
  response.writeHead(200, {
    ...{ 'content-type': types[extname(path)] ?? 'application/octet-stream', 'content-security-policy': policy },
    'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(body);
}

/** Asks an engine by HTTP. */
export async function overHttp(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url: target = '' } = request;
  const answer = await engine({
    method: method as 'GET',
    target,
    headers: new Map(),
    upgrade: 'none',
    body: request as AsyncIterable<Uint8Array>,
    caller: { kind: 'gantry', part: 'double' },
    signal: new AbortController().signal,
  });
  if (answer.kind === 'hijacked') return void response.writeHead(500).end();
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body instanceof Uint8Array) return void response.end(answer.body);
  for await (const chunk of answer.body) response.write(chunk);
  response.end();
}

/** The same engine; each of its answers that is one JSON value is changed on its way. */
export function dressed(engine: Engine, dress: (answer: unknown) => unknown): Engine {
  return async (request) => {
    const answer = await engine(request);
    const isJson = answer.kind === 'plain' && answer.headers.get('content-type')?.includes('json') === true;
    if (!isJson || !(answer.body instanceof Uint8Array) || answer.body.length === 0) return answer;
    const body = new TextEncoder().encode(JSON.stringify(dress(JSON.parse(new TextDecoder().decode(answer.body)))));
    const headers = new Map(answer.headers);
    headers.delete('content-length');
    return { ...answer, headers, body };
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
