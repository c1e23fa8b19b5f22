import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Failure } from '@gantry/base';
import { type Admission, type DoorLimits, EngineDispatcher, type OfferedRequest, type PlainResponse } from '@gantry/engine-api';
import { Injectable, Logger } from '@nestjs/common';
import { Authenticator } from '../sessions/authenticator.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { enginePrefix } from './engine-target.ts';
import { refusalOf } from './guarded-engines.ts';
import { WatchedEngines } from './watched-engines.ts';

const headLimitMs = 10_000;
const idleLimitMs = 120_000;
/** An upload may take hours, but not stand still for long. */
const bodyIdleLimitMs = 120_000;

/** For how long callers of an engine may say nothing. */
export const doorLimits: DoorLimits = {
  firstHeadTimeoutMs: headLimitMs,
  headTimeoutMs: headLimitMs,
  idleTimeoutMs: idleLimitMs,
  bodyTimeoutMs: bodyIdleLimitMs,
};

/** The engine door on the server's port: whoever is signed in speaks the Docker Engine API below /engine/<host>, behind the guard. */
@Injectable()
export class EngineDoor {
  readonly #log = new Logger('engine door');

  constructor(
    private readonly authenticator: Authenticator,
    private readonly sessions: SessionsService,
    private readonly engines: WatchedEngines,
  ) {}

  /** To be called before the server listens; disposing cuts what is open. */
  attach(server: HttpServer | HttpsServer): Disposable {
    return EngineDispatcher.attach(server, {
      ...doorLimits,
      prefix: enginePrefix,
      admit: (offered, socket) => this.#admit(offered, socket),
      onFailure: (failure, { method, target }) => this.#log.warn(`${method} ${target.split('?', 1)[0] ?? ''}: ${failure.message}`),
    });
  }

  async #admit({ method, headers, upgrade }: OfferedRequest, socket: Socket): Promise<Admission | PlainResponse> {
    try {
      const approach = { method, headers: { ...Object.fromEntries(headers), ...(upgrade === 'none' ? {} : { upgrade }) }, socket };
      const principal = await this.authenticator.principal(approach, 'strict');
      if (!principal) throw new Failure('unauthenticated', 'sign in first');
      const address = this.authenticator.address(approach);
      const visitor = { principal, address, ended: this.sessions.ended(principal.sessionId) };
      const engine = this.engines.of(visitor);
      return { engine, caller: { kind: 'person', id: principal.userId, name: principal.name, requestId: '' } };
    } catch (thrown) {
      return refusalOf(thrown) as PlainResponse;
    }
  }
}
