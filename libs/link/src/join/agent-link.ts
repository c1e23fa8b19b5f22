import { randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';
import { type Engine, matchRoute } from '@gantry/engine-api';
import type { Socket } from 'socket.io';
import { remoteEngine } from '../channels/remote-engine.ts';
import { socketWire } from '../channels/wire.ts';
import { BulkEngine } from './bulk-engine.ts';
import type { Hello } from './messages.ts';

export type Liveness = 'live' | 'late' | 'offline';
const lateAfterMs = 15_000;
const offlineAfterMs = 30_000;
const bulkLimitMs = 10_000;
const usualBulkIdleMs = 60_000;

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
  readonly #socket: Socket;
  readonly #control: Engine;
  readonly #bulkIdleMs: number;
  readonly #closed = new AbortController();
  readonly #ready = Promise.withResolvers<undefined>();
  #heardAtMs = performance.now();
  #bulk: PromiseWithResolvers<BulkEngine> | undefined;

  constructor(socket: Socket, peer: { hello: Hello; state: 'active' | 'pending'; protocol: number; bulkIdleMs?: number }) {
    this.#socket = socket;
    this.#control = remoteEngine(socketWire(socket));
    this.#bulkIdleMs = peer.bulkIdleMs ?? usualBulkIdleMs;
    this.agentId = peer.hello.agentId;
    this.instanceId = peer.hello.instanceId;
    this.capabilities = peer.hello.capabilities;
    this.protocol = peer.protocol;
    this.state = peer.state;
    this.remoteAddress = socket.handshake.address;
    socket.on('disconnect', () => this.#end(new Failure('unavailable', 'link lost')));
    this.#ready.promise.catch(() => undefined);
  }

  /**
   * The engine of the host. Short questions and commands go over the control connection, everything that streams over the bulk one, which is
   * opened for it. Rejects with `unavailable` once the link is gone; nothing resumes inside the link.
   */
  readonly engine: Engine = async (request) => {
    this.#closed.signal.throwIfAborted();
    await this.#ready.promise;
    if (isShort(request.method, request.target)) return this.#control(request);
    const bulk = await this.#openBulk();
    return bulk.engine(request);
  };

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

  /** The agent listens: nothing is asked of it before. */
  ready(): void {
    this.#ready.resolve(undefined);
  }

  /** Something came from the agent. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** Tells the agent which containers somebody looks at: their numbers come every second, all others every ten. */
  watch(containerIds: readonly string[]): void {
    this.#socket.emit('watch', { ids: containerIds });
  }

  /** Asks for the whole inventory. */
  resync(): void {
    this.#socket.emit('resync');
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
    opening.resolve(new BulkEngine(socket, this.#bulkIdleMs));
  }

  /** Ends the link and tells the agent why. Closing it twice changes nothing. */
  close(reason: Failure): void {
    if (this.#closed.signal.aborted) return;
    this.#socket.emit('closing', { code: reason.code, message: reason.message });
    this.#end(reason);
    this.#socket.disconnect(true);
  }

  /** Asks the agent for a bulk connection; concurrent callers share one. */
  #openBulk(): Promise<BulkEngine> {
    if (this.#bulk) return this.#bulk.promise;
    const opening = Promise.withResolvers<BulkEngine>();
    this.#bulk = opening;
    const limit = setTimeout(() => this.#failBulk(opening, new Failure('unavailable', 'the agent opened no bulk connection')), bulkLimitMs);
    const lost = (): void => this.#failBulk(opening, Failure.from(this.#closed.signal.reason));
    this.#closed.signal.addEventListener('abort', lost, { once: true });
    const settle = (): void => {
      clearTimeout(limit);
      this.#closed.signal.removeEventListener('abort', lost);
    };
    opening.promise.then(settle, settle);
    this.#socket.emit('bulk');
    return opening.promise;
  }

  #end(reason: Failure): void {
    this.#ready.reject(reason);
    this.#closed.abort(reason);
  }

  #failBulk(opening: PromiseWithResolvers<BulkEngine>, reason: Failure): void {
    if (this.#bulk === opening) this.#bulk = undefined;
    opening.reject(reason);
  }
}

/** Whether the whole answer is small and comes at once: what the table knows as JSON. */
function isShort(method: string, target: string): boolean {
  try {
    const route = matchRoute(method, target)?.route;
    return route?.kind === 'json';
  } catch {
    return false;
  }
}
