import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import type { Socket } from 'socket.io';
import type { Hello } from './messages.ts';

export type Liveness = 'live' | 'late' | 'offline';
const lateAfterMs = 15_000;
const offlineAfterMs = 30_000;
const bulkLimitMs = 10_000;

/** The server's end of one agent's live link. Made by `AgentDoor` after the key is proven. */
export class AgentLink {
  readonly linkId = randomBytes(12).toString('base64url');
  readonly agentId: string;
  readonly instanceId: string;
  readonly protocol: number;
  readonly capabilities: readonly string[];
  /** A pending agent waits for approval: it is connected, and nothing is taken from it or asked of it. */
  readonly state: 'active' | 'pending';
  readonly remoteAddress: string;
  readonly socket: Socket;
  readonly #closed = new AbortController();
  #heardAtMs = performance.now();
  #bulk: PromiseWithResolvers<Socket> | undefined;

  constructor(socket: Socket, peer: { hello: Hello; state: 'active' | 'pending'; protocol: number }) {
    this.socket = socket;
    this.agentId = peer.hello.agentId;
    this.instanceId = peer.hello.instanceId;
    this.capabilities = peer.hello.capabilities;
    this.protocol = peer.protocol;
    this.state = peer.state;
    this.remoteAddress = socket.handshake.address;
    socket.on('disconnect', () => this.#end(new Failure('unavailable', 'link lost')));
  }

  /** Aborts when the link has ended, with the Failure that ended it as reason. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** How long ago something came from the agent. */
  get silenceMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  get liveness(): Liveness {
    if (this.#closed.signal.aborted || this.silenceMs > offlineAfterMs) return 'offline';
    return this.silenceMs > lateAfterMs ? 'late' : 'live';
  }

  /** Something came from the agent. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** Tells the agent which containers somebody looks at: their numbers come every second, all others every ten. */
  watch(containerIds: readonly string[]): void {
    this.socket.emit('watch', { ids: containerIds });
  }

  /** Asks for the whole inventory. */
  resync(): void {
    this.socket.emit('resync');
  }

  /** The bulk connection, opened by the agent on request; `unavailable` where it does not come. Concurrent callers share one. */
  async bulk(): Promise<Socket> {
    this.#closed.signal.throwIfAborted();
    if (this.#bulk) return this.#bulk.promise;
    const opening = Promise.withResolvers<Socket>();
    this.#bulk = opening;
    const limit = setTimeout(() => this.#failBulk(opening, new Failure('unavailable', 'the agent opened no bulk connection')), bulkLimitMs);
    this.#closed.signal.addEventListener('abort', () => this.#failBulk(opening, Failure.from(this.#closed.signal.reason)), { once: true });
    opening.promise.then(
      () => clearTimeout(limit),
      () => clearTimeout(limit),
    );
    this.socket.emit('bulk');
    return opening.promise;
  }

  /** Takes the bulk connection that the agent opened and proved. One that nobody waits for is closed. */
  attachBulk(socket: Socket): void {
    const opening = this.#bulk;
    if (!opening || this.#closed.signal.aborted) {
      socket.disconnect(true);
      return;
    }
    socket.on('disconnect', () => {
      if (this.#bulk === opening) this.#bulk = undefined;
    });
    this.#closed.signal.addEventListener('abort', () => socket.disconnect(true), { once: true });
    opening.resolve(socket);
  }

  /** Ends the link and tells the agent why. Closing it twice changes nothing. */
  close(reason: Failure): void {
    if (this.#closed.signal.aborted) return;
    this.socket.emit('closing', { code: reason.code, message: reason.message });
    this.#end(reason);
    this.socket.disconnect(true);
  }

  #end(reason: Failure): void {
    this.#closed.abort(reason);
  }

  #failBulk(opening: PromiseWithResolvers<Socket>, reason: Failure): void {
    if (this.#bulk === opening) this.#bulk = undefined;
    opening.reject(reason);
  }
}
