import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Carries connections that reach the host's own socket of a published port to the container. Under the rules only [::1] and other IPv6
 * addresses come here (the kernel cannot redirect ::1), and everything while somebody else has flushed the rules.
 */
export class PortProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  /** Takes over a listening descriptor. The address is asked for at each connection; without one it is cut. */
  constructor(descriptor: number, target: { readonly address: () => string | undefined; readonly port: number }) {
    // Half-open: what a client sends after its peer has finished must still arrive, and the other way round.
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const address = target.address();
      if (address === undefined) client.resetAndDestroy();
      else this.#carry(client, { address, port: target.port });
    });
    this.#server.on('error', () => undefined);
    this.#server.listen({ fd: descriptor });
    this.#server.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<undefined>();
    this.#server.close(() => closed.resolve(undefined));
    for (const socket of this.#open) socket.destroy();
    await closed.promise;
  }

  #carry(client: Socket, { address, port }: { address: string; port: number }): void {
    const container = connect({ host: address, port, allowHalfOpen: true });
    for (const [from, to] of [
      [client, container],
      [container, client],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        this.#open.delete(from);
        if (!to.writableEnded && from.errored) to.destroy();
      });
      from.pipe(to);
    }
  }
}
