import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@gantry/base';
import * as z from 'zod/mini';
import type { Identity } from '../identity/identity.ts';
import type { ServerEpoch } from '../identity/server-epoch.ts';
import { socketWire, type Wire } from '../channels/wire.ts';
import { ReportSender } from '../reports/report-sender.ts';
import type { Samples } from '../reports/report.ts';
import type { Spool } from '../reports/spool.ts';
import { reconnectDelayMs } from './backoff.ts';
import type { DialledSocket } from './dialled-socket.ts';
import { learnAuthority, type Membership, openTrusted } from './enrol.ts';
import { Closing, parseMessage, Watch, type Welcome } from './messages.ts';
import { prove } from './prove.ts';

export interface ServerLinkOptions {
  readonly membership: Membership;
  readonly identity: Identity;
  readonly spool: Spool;
  readonly epoch: ServerEpoch;
  readonly capabilities?: readonly string[];
  /** Serves the engine on a connection (control or bulk) until it closes. */
  readonly serve: (wire: Wire) => void;
  /** The containers that somebody looks at now. */
  readonly onWatch?: (containerIds: readonly string[]) => void;
  /** The server wants the whole inventory. */
  readonly onResync?: () => void;
  /** Connected and proven; reports flow from now on if the state is `active`. */
  readonly onConnected?: (welcome: Welcome) => void;
  /** The server proved its key and names another certificate authority than before: to be kept. */
  readonly onAuthority?: (membership: Membership) => Promise<void>;
  /** The link is down or could not be made; told once for each try, with the time until the next. */
  readonly onDown?: (failure: Failure, nextInMs: number) => void;
  /** In place of a random wait, for tests. */
  readonly random?: () => number;
}

const pingMs = 10_000;
const silenceMs = 30_000;
const Acknowledged = z.object({ sequence: z.int() });

/** The agent's end of the link: dials, proves, serves, reports, and dials again for as long as it runs. */
export class ServerLink {
  readonly #options: ServerLinkOptions;
  readonly #instanceId = randomBytes(12).toString('base64url');
  #membership: Membership;
  #live: DialledSocket | undefined;

  constructor(options: ServerLinkOptions) {
    this.#options = options;
    this.#membership = options.membership;
  }

  /** Keeps the link until the signal aborts; then resolves with everything closed. Never rejects for what the server or network does. */
  async run(signal: AbortSignal): Promise<void> {
    let downSinceMs = performance.now();
    let attempt = 0;
    while (!isAborted(signal)) {
      const failure = await this.#connectOnce(signal, () => {
        attempt = 0;
      });
      if (isAborted(signal)) return;
      if (attempt === 0) downSinceMs = performance.now();
      const { random } = this.#options;
      const retryAfterMs = typeof failure.details.retryAfterMs === 'number' ? failure.details.retryAfterMs : 0;
      const waitMs = reconnectDelayMs({ sinceMs: performance.now() - downSinceMs, attempt, retryAfterMs, ...(random ? { random } : {}) });
      attempt += 1;
      this.#options.onDown?.(failure, waitMs);
      await sleep(waitMs, signal);
    }
  }

  /** Sends live numbers, if there is somebody to send them to and the last ones are out; never queued. */
  sendSamples(samples: Samples): void {
    this.#live?.socket.volatile.emit('samples', samples);
  }

  async #connectOnce(signal: AbortSignal, reset: () => void): Promise<Failure> {
    const { onConnected, epoch } = this.#options;
    const { url, ca } = this.#membership;
    try {
      using server = await openTrusted(url, ca, signal);
      const welcome = await prove(server, { ...this.#prover(), role: 'control' });
      await epoch.raise(welcome.serverEpoch);
      reset();
      onConnected?.(welcome);
      return await this.#serve(server, welcome, signal);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.details.isUntrusted === true) await this.#learnAuthority(signal);
      return failure;
    }
  }

  /** A server that got another authority, or had none before, says which under its pinned key, as when this host joined. Nothing is trusted without. */
  async #learnAuthority(signal: AbortSignal): Promise<void> {
    const { url, serverFingerprint, ca } = this.#membership;
    const named = await learnAuthority(url, serverFingerprint, signal).catch(() => ca); // the connection's own failure says more
    if (named === ca || named === '') return;
    this.#membership = { ...this.#membership, ca: named };
    await this.#options.onAuthority?.(this.#membership).catch(() => undefined); // where it is not kept it is learned again
  }

  async #serve(server: DialledSocket, welcome: Welcome, signal: AbortSignal): Promise<Failure> {
    const over = AbortSignal.any([signal, server.closed]);
    const end = Promise.withResolvers<Failure>();
    const stop = (): void => end.resolve(Failure.from(over.reason));
    // It may be over already, and then never says so again.
    if (over.aborted) stop();
    else over.addEventListener('abort', stop, { once: true });
    server.socket.on('closing', (message: unknown) => {
      const { code, message: words } = parseMessage(Closing, 'closing', message);
      end.resolve(new Failure(code, words));
    });
    const pings = setInterval(() => this.#ping(server, end.resolve), pingMs);
    try {
      if (welcome.state === 'active') this.#work(server, { welcome, over, fail: end.resolve });
      // Until here the server says nothing: no listener misses its first words.
      server.socket.emit('ready');
      return await end.promise;
    } finally {
      clearInterval(pings);
      this.#live = undefined;
    }
  }

  #work(server: DialledSocket, at: { welcome: Welcome; over: AbortSignal; fail: (failure: Failure) => void }): void {
    const { spool, serve, onWatch, onResync } = this.#options;
    const { socket } = server;
    const sender = new ReportSender(spool, (report) => void socket.emit('report', report));
    const fail = (thrown: unknown): void => at.fail(Failure.from(thrown));
    const guarded = (work: () => unknown): void => {
      try {
        work();
      } catch (thrown) {
        fail(thrown);
      }
    };
    socket.on('reported', (message: unknown) =>
      guarded(() => sender.acknowledge(parseMessage(Acknowledged, 'acknowledgement', message).sequence).catch(fail)),
    );
    socket.on('watch', (message: unknown) => guarded(() => onWatch?.(parseMessage(Watch, 'watch', message).ids)));
    socket.on('resync', () => onResync?.());
    socket.on('bulk', () => void this.#openBulk(at.welcome.linkId, at.over));
    serve(socketWire(socket));
    this.#live = server;
    sender.run(at.welcome.lastSequence, at.over).catch(fail);
  }

  /** A bulk connection lives no longer than its control link; one that fails is asked for again by the server. */
  async #openBulk(linkId: string, over: AbortSignal): Promise<void> {
    const { serve } = this.#options;
    const { url, ca } = this.#membership;
    try {
      const server = await openTrusted(url, ca, over);
      if (over.aborted) return server[Symbol.dispose]();
      over.addEventListener('abort', () => server[Symbol.dispose](), { once: true });
      await prove(server, { ...this.#prover(), role: 'bulk', linkId }).catch((thrown: unknown) => {
        server[Symbol.dispose]();
        throw thrown;
      });
      serve(socketWire(server.socket));
      server.socket.emit('ready');
    } catch (thrown) {
      this.#options.onDown?.(new Failure('unavailable', `no bulk connection: ${Failure.from(thrown).message}`), 0);
    }
  }

  #ping(server: DialledSocket, fail: (failure: Failure) => void): void {
    server.socket.timeout(silenceMs - pingMs).emit('ping', (error: Error | null) => {
      if (error) fail(new Failure('unavailable', 'nothing was heard from the server for 30 s'));
    });
  }

  #prover(): Omit<Parameters<typeof prove>[1], 'role' | 'linkId'> {
    const { identity, capabilities = [], epoch } = this.#options;
    return { membership: this.#membership, identity, instanceId: this.#instanceId, capabilities, oldestEpoch: epoch.highest };
  }
}

// The signal changes between two looks at it, which the compiler does not know.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
