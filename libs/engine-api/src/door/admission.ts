import type { Socket } from 'node:net';
import type { Failure } from '@gantry/base';
import type { Caller, Engine, EngineRequest, PlainResponse } from '../engine.ts';

/** What is known of a request before anybody was asked about it. */
export type OfferedRequest = Pick<EngineRequest, 'method' | 'target' | 'headers' | 'upgrade'>;

/** The engine that shall answer, and on whose behalf it is asked; `target` replaces the one that was sent. */
export interface Admission {
  readonly engine: Engine;
  readonly caller: Caller;
  readonly target?: string;
}

/**
 * Decides who asks and which engine answers, before any byte of the body is read; a plain response refuses. It must not throw for expected
 * refusals. The socket serves for facts of the peer (address, TLS, credentials) only.
 */
export type Admit = (offered: OfferedRequest, socket: Socket) => Admission | PlainResponse | Promise<Admission | PlainResponse>;

export const defaultDrainTimeoutMs = 5_000;

export interface DoorLimits {
  /** From the first byte of a head to its last. Default 30 s; a slower client gets 408. */
  readonly headTimeoutMs?: number;
  /** From the opening of a connection to the first byte of its first head. Default: as between two requests. */
  readonly firstHeadTimeoutMs?: number;
  /** Between two requests of a connection. Default: for ever, as dockerd. */
  readonly idleTimeoutMs?: number;
  /** While an engine waits for more of a body and nothing comes. Default: for ever, as dockerd; a stalled client gets 408. */
  readonly bodyTimeoutMs?: number;
  /** How long the rest of a body is read off that an answered request left, however slowly it drips; then the connection is cut. Default 5 s. */
  readonly drainTimeoutMs?: number;
  /** Told once of each failure that is not the client's: a throw of an engine or of its body. Default: nobody. */
  readonly onFailure?: (failure: Failure, offered: OfferedRequest) => void;
}

export interface DispatcherOptions extends DoorLimits {
  /** Paths that start so are the engine's, as `/engine/`; all others are the web server's. */
  readonly prefix: string;
  readonly admit: Admit;
}
