import { Failure } from '@gantry/base';
import type { ContractRow } from '@gantry/contract';
import { rows } from '@gantry/contract';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { isLoopback } from '../config.ts';
import { rowOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { SetupState } from '../setup/setup-state.ts';
import { remember } from './current-principal.ts';
import { RowDecision } from './row-decision.ts';

const known = new Set(rows);

/**
 * The one guard in front of every controller: what has no row is refused, and a row says who may call it. Sockets are guarded by their
 * gateways and engine requests by the door, with the same authenticator and the same decision.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly setup: SetupState,
    private readonly decision: RowDecision,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return false;
    const request = context.switchToHttp().getRequest<Request>();
    const row = rowOf(context);
    if (!row || !known.has(row)) throw new Failure('forbidden', 'nobody may call this');
    if (!row.beforeOwner && !(await this.setup.hasOwner()))
      throw new Failure('forbidden', 'set this installation up first: it has no owner');
    this.authenticator.refuseForeign(request, 'if-named');
    const principal = row.fromElsewhere ? undefined : await this.authenticator.whoever(request);
    if (principal) remember(request, principal);
    await this.#admit(row, request, principal);
    // After the decision: whoever may not do it at all is told so, and not asked for a password.
    if (row.recent && principal && !(row.byToken && principal.isToken)) await this.authenticator.insistOnProof(principal, row);
    return true;
  }

  async #admit(row: ContractRow, request: Request, principal: Principal | undefined): Promise<void> {
    if (row.access === 'public') return;
    if (row.access === 'loopback' && this.#isLocal(request)) return;
    if (!principal) throw new Failure('unauthenticated', 'sign in first');
    if (!row.withoutSecondFactor) this.authenticator.insistOnSecondFactor(principal);
    if (row.access === 'session') {
      if (principal.isToken && !row.byToken) throw new Failure('forbidden', 'this is for people who are signed in, not for tokens');
      return;
    }
    const address = this.authenticator.address(request);
    await this.decision.admit(row, request, { principal, address });
  }

  /** A caller on this machine, and not one that a proxy on this machine speaks for. */
  #isLocal(request: Request): boolean {
    return isLoopback(request.socket.remoteAddress) && request.headers['x-forwarded-for'] === undefined;
  }
}
