import { existsSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectLocally, createServer, isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { tell } from '../say.ts';
import { Trouble } from '../trouble.ts';
import type { ContextKeys, GantryContext } from './docker-contexts.ts';

export interface ProxyOptions {
  /** Made with mode 0600 and removed at the end. */
  readonly socket: string;
  /** Where it leads now; throws a Trouble where it leads nowhere any more. */
  readonly context: () => { readonly context: GantryContext; readonly keys: ContextKeys };
}

const largestHeadBytes = 65_536;
const headEnd = '\r\n\r\n';
const connectLimitMs = 15_000;
const nothing = new Uint8Array();

/**
 * Serves a host's engine on a unix socket. Of each connection the first head gets the path of the host, and says that the connection ends with its answer;
 * everything else passes as it is, in both directions and each to its own end: bodies, hijacked streams, websockets, half-closes. Clients open another
 * connection for their next request.
 */
export async function serveProxy({ socket: path, context }: ProxyOptions): Promise<AsyncDisposable> {
  await removeDead(path);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => client.destroy());
    void forward(client, context);
  });
  const before = process.umask(0o177);
  try {
    await once(server.listen(path), 'listening');
  } catch (thrown) {
    throw new Trouble(`cannot listen on ${path}: ${(thrown as Error).message}`);
  } finally {
    process.umask(before);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const client of open) client.destroy();
      await closed;
    },
  };
}

/** Never rejects: what went wrong is said to the client, where it still listens for a head. */
async function forward(client: Socket, context: ProxyOptions['context']): Promise<void> {
  let upstream: TLSSocket;
  try {
    const head = await readHead(client);
    if (!head) return void client.destroy();
    const to = context();
    upstream = await dial(to);
    if (client.destroyed) return void upstream.destroy();
    upstream.write(rewritten(head.text, new URL(to.context.host).pathname));
    upstream.write(head.rest);
  } catch (thrown) {
    const { message } = thrown as Error;
    tell(message);
    return void client.end(refusal(message));
  }
  client.on('end', () => client.write(nothing)); // of a client that is gone, and has not only said its end, the kernel refuses that
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => {
    if (upstream.readableEnded) client.destroySoon();
    else client.destroy(); // it was cut: no client takes what it has for whole
  });
  client.pipe(upstream).pipe(client);
}

/** Undefined for a client that ended before it. */
function readHead(client: Socket): Promise<{ text: string; rest: Buffer } | undefined> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const settle = (done: () => void): void => {
      client.off('data', take).off('end', gone).off('close', gone).pause();
      done();
    };
    const gone = (): void => settle(() => resolve(undefined));
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(headEnd);
      const found = { text: bytes.subarray(0, end).toString('latin1'), rest: bytes.subarray(end + headEnd.length) };
      if (end >= 0) settle(() => resolve(found));
      else if (bytes.length > largestHeadBytes)
        settle(() => reject(new Trouble(`the head of a request is longer than ${largestHeadBytes} bytes`)));
    };
    client.on('data', take).on('end', gone).on('close', gone);
  });
}

/** The path of the host comes before what was asked for; an offer to upgrade stays, and the connection is for this request alone. */
function rewritten(text: string, base: string): Buffer {
  const [request = '', ...fields] = text.split('\r\n');
  const [method = '', target = '', version = ''] = request.split(' ');
  const kept = fields.filter((field) => !/^connection:/i.test(field));
  const isUpgrade = kept.some((field) => /^upgrade:/i.test(field));
  const path = target.replace(/^https?:\/\/[^/]*/i, '');
  const head = [`${method} ${base}${path} ${version}`, ...kept, `Connection: ${isUpgrade ? 'Upgrade, close' : 'close'}`];
  return Buffer.from(`${head.join('\r\n')}${headEnd}`, 'latin1');
}

async function dial({ context, keys }: ReturnType<ProxyOptions['context']>): Promise<TLSSocket> {
  const { hostname, port } = new URL(context.host);
  const host = hostname.replace(/^\[|\]$/g, '');
  const name = isIP(host) > 0 ? {} : { servername: host };
  const options: ConnectionOptions & { allowHalfOpen: boolean } = { host, port: Number(port), ...keys, ...name, allowHalfOpen: true };
  const upstream = connect(options);
  const timer = setTimeout(() => upstream.destroy(new Error('no answer')), connectLimitMs);
  try {
    await once(upstream, 'secureConnect');
  } catch (thrown) {
    throw new Trouble(`${context.mark.server} does not answer on port ${port}: ${(thrown as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
  upstream.on('error', () => upstream.destroy());
  return upstream;
}

function refusal(message: string): string {
  const body = `${JSON.stringify({ message: `gantry proxy: ${message}` })}\n`;
  return [
    'HTTP/1.1 502 Bad Gateway',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** A socket that a proxy left when it was killed. */
async function removeDead(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const probe = connectLocally(path);
  const code = await new Promise<string>((resolve) => {
    probe.once('connect', () => resolve('')).once('error', ({ code: found = '' }: NodeJS.ErrnoException) => resolve(found));
  });
  probe.destroy();
  if (code !== 'ECONNREFUSED') throw new Trouble(`${path} is in use, or no socket: choose another one with --socket; nothing was changed`);
  rmSync(path);
}
