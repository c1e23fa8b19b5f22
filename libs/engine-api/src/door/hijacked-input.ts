import { pulledBytes } from '../bytes/pulled-bytes.ts';
import type { Bytes } from '../engine.ts';
import type { DeclaredBody } from '../http1/declared-body.ts';
import type { SocketReader } from '../http1/socket-reader.ts';

/** An engine that has ended its output and does not ask for input has forgotten it after this time. */
const forgottenMs = 60_000;
const watchEveryMs = 1000;

/** All bytes of a connection after the declared body; what is left of that body is read off first. */
export class HijackedInput {
  readonly #reader: SocketReader;
  readonly #body: DeclaredBody;
  readonly #over = Promise.withResolvers<undefined>();
  #isPulling = false;
  readonly bytes: Bytes;

  constructor(reader: SocketReader, body: DeclaredBody) {
    this.#reader = reader;
    this.#body = body;
    this.#over.promise.catch(() => undefined);
    this.bytes = pulledBytes(
      () => this.#pull(),
      () => void this.#discard(),
    );
  }

  /** Resolves when the client has ended, or the engine has stopped reading or seems to have forgotten to; rejects when the client is gone. */
  async over(): Promise<void> {
    let idleMs = 0;
    const watch = setInterval(() => {
      idleMs = this.#isPulling ? 0 : idleMs + watchEveryMs;
      if (idleMs >= forgottenMs) this.#over.resolve(undefined);
    }, watchEveryMs);
    try {
      await this.#over.promise;
    } finally {
      clearInterval(watch);
    }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    this.#isPulling = true;
    try {
      await this.#body.drain(Number.POSITIVE_INFINITY);
      const chunk = await this.#reader.read();
      if (!chunk) this.#over.resolve(undefined);
      return chunk;
    } catch (thrown) {
      this.#over.reject(thrown);
      throw thrown;
    } finally {
      this.#isPulling = false;
    }
  }

  /** Reads on, so that the client's end is still noticed. */
  async #discard(): Promise<void> {
    this.#over.resolve(undefined);
    if (this.#isPulling) return;
    try {
      while (await this.#reader.read());
    } catch {
      // The client is gone: whoever waits for that hears it from the connection.
    }
  }
}
