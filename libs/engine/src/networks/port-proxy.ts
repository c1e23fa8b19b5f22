import { createServer, type Server } from 'node:net';
import type { SpliceGroup } from '@gantry/linux';

export interface ProxyTarget {
  /** Asked for at each connection; without one it is cut. */
  readonly address: () => string | undefined;
  readonly port: number;
}

/**
 * Carries connections that reach the host's own socket of a published port to the container. Under the rules only [::1] and other IPv6
 * addresses come here (the kernel cannot redirect ::1), and everything while somebody else has flushed the rules. Nothing is read of them here: the thread that carries
 * them has them from their first byte on.
 */
export class PortProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections: SpliceGroup;

  /** Takes over a listening descriptor, and the group. */
  constructor(descriptor: number, target: ProxyTarget, connections: SpliceGroup) {
    this.#connections = connections;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      client.on('error', () => undefined);
      const address = target.address();
      if (address === undefined) client.resetAndDestroy();
      else connections.carry(client, { address, port: target.port });
    });
    this.#server.on('error', () => undefined);
    this.#server.listen({ fd: descriptor });
    this.#server.unref();
  }

  /** Its connections are cut. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<undefined>();
    this.#server.close(() => closed.resolve(undefined));
    this.#connections[Symbol.dispose]();
    await closed.promise;
  }
}
