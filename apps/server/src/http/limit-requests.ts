import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';

export interface RequestLimits {
  /** From the first byte of a head to its last. */
  readonly headMs: number;
  /** From the end of the head to that of the body. */
  readonly bodyMs: number;
  /** While nothing is read or written: a client that does not take its answer. */
  readonly idleMs: number;
}

const usual: RequestLimits = { headMs: 10_000, bodyMs: 30_000, idleMs: 120_000 };
/** How often Node looks for heads that take too long: by itself each 30 s only. */
const lookMs = 2_000;

/**
 * Limits of what the web server itself answers: no caller, known or not, holds a connection by saying nothing. Node's own limit of a request is
 * switched off: it would also cut long uploads to engines, which come through the engine door and have limits of their own there. To be called
 * after the sockets were set up, which put themselves before the listeners that are there.
 */
export function limitRequests(server: HttpServer | HttpsServer, { headMs, bodyMs, idleMs }: RequestLimits = usual): void {
  server.headersTimeout = headMs;
  // An option of the constructor, which Nest calls; it counts from the moment at which the server listens.
  Object.assign(server, { connectionsCheckingInterval: lookMs });
  server.requestTimeout = 0;
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const timer = setTimeout(() => request.complete || request.socket.destroy(), bodyMs);
    request.once('close', () => clearTimeout(timer));
    response.setTimeout(idleMs, () => request.socket.destroy());
  });
}
