import { decide, installation, type Resource } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { ContractRow } from '@gantry/contract';
import { rows } from '@gantry/contract';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AuditService } from '../audit/audit.service.ts';
import { isLoopback } from '../config.ts';
import { rowOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { SetupState } from '../setup/setup-state.ts';
import { remember } from './current-principal.ts';

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
    private readonly audit: AuditService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return false;
    const request = context.switchToHttp().getRequest<Request>();
    const row = rowOf(context);
    if (!row || !known.has(row)) throw new Failure('forbidden', 'nobody may call this');
    if (!row.beforeOwner && !(await this.setup.hasOwner()))
      throw new Failure('forbidden', 'set this installation up first: it has no owner');
    this.authenticator.refuseForeign(request, 'if-named');
    const principal = await this.authenticator.principal(request);
    if (principal) remember(request, principal);
    await this.#admit(row, request, principal);
    return true;
  }

  async #admit(row: ContractRow, request: Request, principal: Principal | undefined): Promise<void> {
    if (row.access === 'public') return;
    if (row.access === 'loopback' && this.#isLocal(request)) return;
    if (!principal) throw new Failure('unauthenticated', 'sign in first');
    if (row.access === 'session') return;
    const permission = row.access === 'loopback' ? 'host:metrics' : row.access;
    if (decide(principal.rights, permission, resourceOf(request))) return;
    const { name: who, userId } = principal;
    const address = this.authenticator.address(request);
    await this.audit.note({ who, userId, action: row.name, target: request.path, outcome: 'denied', address });
    throw new Failure('forbidden', `${permission} is needed for this`);
  }

  /** A caller on this machine, and not one that a proxy on this machine speaks for. */
  #isLocal(request: Request): boolean {
    return isLoopback(request.socket.remoteAddress) && request.headers['x-forwarded-for'] === undefined;
  }
}

function resourceOf({ params }: Request): Resource {
  const { hostId: host, containerId: id } = params as { hostId?: string; containerId?: string };
  if (host === undefined) return installation;
  const place = { host, groups: [], labels: {} };
  return id === undefined ? { kind: 'host', ...place } : { kind: 'container', ...place, id };
}
