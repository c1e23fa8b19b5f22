import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Splicer, stopReading } from '@gantry/linux';

/** A connection that has carried so much is one that carries more: it is left to the kernel. Others are over before a thread would have started. */
const spliceFromBytes = 1024 * 1024;
const nothing = new Uint8Array();

export interface ProxyTarget {
  /** Asked for at each connection; without one it is cut. */
  readonly address: () => string | undefined;
  readonly port: number;
}

/**
 * Carries connections that reach the host's own socket of a published port to the container. Under the rules only [::1] and other IPv6
 * addresses come here (the kernel cannot redirect ::1), and everything while somebody else has flushed the rules.
 */
export class PortProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #splicer: Splicer;
  readonly #open = new Set<Socket>();
  readonly #spliced = new Set<Disposable>();

  /** Takes over a listening descriptor. */
  constructor(descriptor: number, target: ProxyTarget, splicer: Splicer) {
    this.#splicer = splicer;
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
    for (const spliced of this.#spliced) spliced[Symbol.dispose]();
    await closed.promise;
  }

  #carry(client: Socket, { address, port }: { address: string; port: number }): void {
    const container = connect({ host: address, port, allowHalfOpen: true });
    let carriedBytes = 0;
    const count = ({ length }: Buffer): void => {
      carriedBytes += length;
      if (carriedBytes < spliceFromBytes || [client, container].some(({ readableEnded, writableEnded }) => readableEnded || writableEnded))
        return;
      for (const socket of [client, container]) socket.off('data', count);
      void this.#leaveToKernel(client, container);
    };
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
      from.on('data', count); // Behind the pipe: what it counts is written.
    }
  }

  /** What was read is written first, so that nothing overtakes it. */
  async #leaveToKernel(client: Socket, container: Socket): Promise<void> {
    for (const socket of [client, container]) {
      socket.unpipe();
      stopReading(socket);
    }
    for (let hasMore = true; hasMore;) {
      const rests = [client, container].map((socket) => socket.read() as Buffer | null);
      await Promise.all([written(container, rests[0] ?? nothing), written(client, rests[1] ?? nothing)]);
      hasMore = rests.some((rest) => rest !== null);
    }
    if (client.destroyed || container.destroyed) return;
    try {
      const spliced = this.#splicer.carry([client, container], () => this.#spliced.delete(spliced));
      this.#spliced.add(spliced);
    } catch {
      for (const socket of [client, container]) socket.resetAndDestroy();
    }
  }
}

/** Resolves when the kernel has it, or the socket is closed. */
function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
