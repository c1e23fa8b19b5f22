import type { Bytes, Engine, EngineRequest, EngineResponse } from '@gantry/engine-api';
import type { Socket } from 'socket.io';
import { remoteEngine } from '../channels/remote-engine.ts';
import { socketWire } from '../channels/wire.ts';

/** The engine over a bulk connection, which is closed when nothing has run on it for a while. */
export class BulkEngine {
  readonly #socket: Socket;
  readonly #idleMs: number;
  readonly #remote: Engine;
  #running = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(socket: Socket, idleMs: number) {
    this.#socket = socket;
    this.#idleMs = idleMs;
    this.#remote = remoteEngine(socketWire(socket));
  }

  readonly engine: Engine = async (request) => {
    clearTimeout(this.#idle);
    this.#running += 1;
    const done = this.#once(request);
    try {
      return watched(await this.#remote(request), request, done);
    } catch (thrown) {
      done();
      throw thrown;
    }
  };

  /** What is to be called when the request is over, however often it is. */
  #once({ signal }: EngineRequest): () => void {
    let isOver = false;
    const done = (): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', done);
      this.#running -= 1;
      if (this.#running === 0 && this.#socket.connected) this.#idle = setTimeout(() => this.#socket.disconnect(true), this.#idleMs).unref();
    };
    signal.addEventListener('abort', done, { once: true });
    return done;
  }
}

/** The response, which tells when its last byte was read or given up. */
function watched(response: EngineResponse, { method }: EngineRequest, done: () => void): EngineResponse {
  if (response.kind === 'hijacked') return { ...response, open: (input) => until(response.open(input), done) };
  const isWhole = response.body instanceof Uint8Array || method === 'HEAD' || response.status === 204 || response.status === 304;
  if (isWhole || response.body instanceof Uint8Array) {
    done();
    return response;
  }
  return { ...response, body: until(response.body, done) };
}

async function* until(bytes: Bytes, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    done();
  }
}
