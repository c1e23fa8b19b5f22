import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** What stands in the Authorization field of a head that came without TLS; the answer is a sentence for whoever sent it. */
export type HeardInClear = (authorization: string, peer: Socket) => Promise<string | undefined>;

const tlsHandshake = 0x16;
const firstByteLimitMs = 10_000;
const headLimitMs = 5_000;
const largestHeadBytes = 16_384;
const usual = 'this port speaks https only';

/**
 * Looks at the first byte of each connection of an https server. Whoever speaks http to it gets a sentence in place of a connection that ends without a
 * word, and what they sent of a token is heard: others could read it as well. To be called before the server listens and before others count its
 * connections.
 */
export function refusePlainHttp(server: HttpsServer, heard: HeardInClear): void {
  const [serveTls] = server.listeners('connection') as ((this: unknown, socket: Socket) => void)[];
  if (!serveTls) throw new TypeError('the server has no connection listener of its own');
  server.off('connection', serveTls).prependListener('connection', (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), firstByteLimitMs);
    const give = (): void => {
      clearTimeout(timer);
      socket.off('error', ignore).off('close', stop);
      serveTls.call(server, socket);
    };
    const stop = (): void => clearTimeout(timer);
    const look = (): void => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) {
        if (!socket.readableEnded && !socket.destroyed) socket.once('readable', look);
        return;
      }
      socket.unshift(first);
      if (first[0] === tlsHandshake) return give();
      clearTimeout(timer);
      void refuse(socket, heard);
    };
    socket.on('error', ignore).on('close', stop).once('end', stop);
    look();
  });
}

/** Never rejects. */
async function refuse(socket: Socket, heard: HeardInClear): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), headLimitMs);
  socket.allowHalfOpen = true; // whoever has said all gets the answer too
  try {
    const [, authorization] = /^authorization:[ \t]*(.*?)[ \t]*$/im.exec(await readHead(socket)) ?? [];
    const sentence = (authorization === undefined ? undefined : await heard(authorization, socket)) ?? usual;
    const body = `${JSON.stringify({ message: sentence })}\n`;
    const head = [`HTTP/1.1 ${sentence === usual ? '400 Bad Request' : '401 Unauthorized'}`, 'Content-Type: application/json'];
    socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n'), () => socket.destroy());
  } catch {
    socket.destroy();
  } finally {
    clearTimeout(timer);
  }
}

/** As far as it goes: a head that is cut off, or longer than any client's, is heard too. */
async function readHead(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += (chunk as Buffer).toString('latin1');
    if (text.includes('\r\n\r\n') || text.length > largestHeadBytes) break;
  }
  return text;
}

const ignore = (): void => undefined;
