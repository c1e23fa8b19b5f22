import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const lastChunk = Buffer.from('\r\n0\r\n\r\n');

/**
 * A client that costs next to nothing, so that what is measured is the server: one connection that stays, the same bytes asked again and again, and of the answer only
 * its status and its end are looked at.
 */
export class RawAsker implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(socketPath: string): Promise<RawAsker> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    return new RawAsker(socket);
  }

  /** Asks with GET and answers when all of a 200 is here. */
  async get(target: string): Promise<void> {
    const answer = Promise.withResolvers<undefined>();
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (isWhole(received)) answer.resolve(undefined);
    };
    const onEnd = (): void => answer.reject(new Error(`the connection ended: ${received.toString('latin1')}`));
    this.#socket.on('data', onData).once('close', onEnd);
    this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    try {
      await answer.promise;
    } finally {
      this.#socket.off('data', onData).off('close', onEnd);
    }
    if (!received.subarray(9, 12).equals(Buffer.from('200'))) throw new Error(received.toString('latin1'));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function isWhole(received: Buffer): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, headEnd))?.[1];
  return length === undefined ? received.subarray(-lastChunk.length).equals(lastChunk) : received.length === headEnd + 4 + Number(length);
}
