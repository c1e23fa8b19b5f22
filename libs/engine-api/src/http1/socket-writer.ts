import type { Duplex } from 'node:stream';
import { Failure } from '@gantry/base';

/** A socket as something to push to: a write resolves when the socket has room again, and throws `cancelled` once it is gone. */
export class SocketWriter {
  readonly #socket: Duplex;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('drain', this.#wakeUp).on('close', this.#wakeUp);
  }

  readonly #wakeUp = (): void => this.#wake?.();

  async write(...parts: readonly (Uint8Array | string)[]): Promise<void> {
    if (!this.#socket.writable) throw gone();
    if (parts.length > 1) this.#socket.cork();
    for (const part of parts) this.#socket.write(part, 'latin1');
    if (parts.length > 1) this.#socket.uncork();
    while (this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    if (this.#socket.destroyed) throw gone();
  }

  /** The half-close; what was written before it still goes out. */
  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  /** Lets go of the socket. */
  release(): void {
    this.#socket.off('drain', this.#wakeUp).off('close', this.#wakeUp);
  }
}

function gone(): Failure {
  return new Failure('cancelled', 'the peer went away');
}
