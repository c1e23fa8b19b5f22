import { connect, type Socket } from 'node:net';
import { Failure } from '@gantry/base';
import { SocketReader } from '../http1/socket-reader.ts';
import { SocketWriter } from '../http1/socket-writer.ts';

/** How many idle connections wait for the next read, and for how long. */
const largestPool = 8;
const idleMs = 10_000;

/** One connection to a daemon. */
export class Upstream {
  readonly socket: Socket;
  readonly reader: SocketReader;
  readonly writer: SocketWriter;
  /** Takes it out of the pool once the daemon closes it. */
  forget: () => void = ignore;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new SocketReader(socket, () => this.#ended());
    this.writer = new SocketWriter(socket);
    socket.on('error', ignore);
  }

  /** A daemon that has ended may only have half-closed; the kernel tells by refusing a write of nothing. */
  #ended(): void {
    if (this.socket.writable && this.socket.writableLength === 0) this.socket.write(new Uint8Array());
  }
}

const ignore = (): void => undefined;

/** The connections to one unix socket. Only reads that may be repeated take an idle one. */
export class UpstreamPool implements Disposable {
  readonly #socketPath: string;
  readonly #idle = new Set<Upstream>();

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** An idle connection, if there is one. */
  takeIdle(): Upstream | undefined {
    for (const upstream of this.#idle) {
      this.#forget(upstream);
      if (!upstream.reader.hasEnded && !upstream.socket.destroyed) return upstream;
      upstream.socket.destroy();
    }
    return undefined;
  }

  /** A new connection. Fails with `unavailable` where nobody listens, with `forbidden` where we may not connect. */
  async open(signal: AbortSignal): Promise<Upstream> {
    signal.throwIfAborted();
    const socket = connect({ path: this.#socketPath, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', (cause) => reject(notConnected(this.#socketPath, cause)));
    });
    return new Upstream(socket);
  }

  /** Takes a connection whose last answer was read whole. */
  give(upstream: Upstream): void {
    if (this.#idle.size >= largestPool || upstream.reader.hasEnded || upstream.reader.hasUnread || upstream.socket.destroyed) {
      upstream.socket.destroy();
      return;
    }
    upstream.socket.unref().setTimeout(idleMs, () => upstream.socket.destroy());
    upstream.forget = () => this.#idle.delete(upstream);
    upstream.socket.once('close', upstream.forget);
    this.#idle.add(upstream);
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#idle) socket.destroy();
    this.#idle.clear();
  }

  #forget(upstream: Upstream): void {
    this.#idle.delete(upstream);
    upstream.socket.ref().setTimeout(0).removeAllListeners('timeout').off('close', upstream.forget);
  }
}

function notConnected(path: string, cause: NodeJS.ErrnoException): Failure {
  if (cause.code === 'EACCES') {
    return new Failure('forbidden', `permission denied while trying to connect to the Docker daemon socket at unix://${path}`, { cause });
  }
  return new Failure('unavailable', `Cannot connect to the Docker daemon at unix://${path}. Is the docker daemon running?`, { cause });
}
