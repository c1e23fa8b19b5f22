import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure } from '@gantry/base';
import { hostInUrl, type ServerConfig } from '../config.ts';
import { limitRequests } from '../http/limit-requests.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerKeys } from '../tls/server-keys.ts';
import { keepCertificate, openCertificate } from '../tls/serving-certificate.ts';
import type { CertificateDoor } from './certificate-door.ts';

const handshakeLimitMs = 10_000;
const nothingElse = 'nothing but engines is served on this port, below /engine/<host>';

export interface EnginePort extends AsyncDisposable {
  readonly port: number;
}

interface Site {
  readonly config: ServerConfig;
  readonly keys: ServerKeys;
}

/**
 * Listens where engines answer to client certificates; undefined where the configuration leaves that out. TLS whatever the other port speaks, with the
 * server's own authority: a proxy cannot stand in front. Whoever comes without a certificate gets a sentence and nothing else.
 */
export async function openEnginePort(door: CertificateDoor, { config, keys }: Site): Promise<EnginePort | undefined> {
  if (config.enginePort === undefined) return undefined;
  await using undo = new AsyncDisposableStack();
  const first = await openCertificate(keys, config);
  const { certificate: clientAuthority } = keys.clientAuthority;
  const server = createServer({
    ...{ key: first.key, cert: first.certificate, ca: clientAuthority, minVersion: 'TLSv1.2' },
    // Not refused in the handshake: clients would say little more than that it failed. Each connection proves its key itself, none is resumed.
    ...{ requestCert: true, rejectUnauthorized: false, secureOptions: constants.SSL_OP_NO_TICKET },
    ...{ handshakeTimeout: handshakeLimitMs, connectionsCheckingInterval: handshakeLimitMs / 2 },
  });
  server.on('request', refuse).on('upgrade', refuseUpgrade);
  undo.defer(() => close(server));
  undo.use(keepCertificate(server, { first, keys, config, clientAuthority }));
  undo.use(door.attach(server));
  limitRequests(server);
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const opened = undo.move();
  return { port, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function listen(server: HttpsServer, { listen: host, enginePort: port }: ServerConfig): Promise<void> {
  try {
    await once(server.listen({ port, ...(host === undefined ? {} : { host }) }), 'listening');
  } catch (cause) {
    const where = `${host === undefined ? '' : `${hostInUrl(host)}:`}${port}`;
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const reason = isTaken
      ? 'another program listens there already: choose another port, or off (GANTRY_ENGINE_PORT, --engine-port)'
      : (cause as Error).message;
    throw new Failure('unavailable', `cannot listen on port ${where} for engines: ${reason}`, { cause });
  }
}

async function close(server: HttpsServer): Promise<void> {
  server.closeAllConnections();
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function refuse(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { ...securityHeaders, 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ message: nothingElse }));
}

function refuseUpgrade(_: IncomingMessage, connection: Duplex): void {
  connection.on('error', () => connection.destroy());
  connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => connection.destroy());
}
