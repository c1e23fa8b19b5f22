import { decide, installation, isPermission, type Permission, permissionsOf, type Resource, type Rights } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { ContractRow } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AuditService } from '../audit/audit.service.ts';
import type { Principal } from '../sessions/principal.ts';
import { Resources } from './resources.ts';

/** Decides whether somebody may call a row, on what its path names, and writes down where not. */
@Injectable()
export class RowDecision {
  constructor(
    private readonly audit: AuditService,
    private readonly resources: Resources,
  ) {}

  /** `not-found` for a host or container that the caller does not see, in the words for one that is not there; else `forbidden` without the right. */
  async admit(row: ContractRow, request: Request, { principal, address }: { principal: Principal; address: string }): Promise<void> {
    const permission = row.access === 'loopback' ? 'host:metrics' : row.access;
    if (isPermission(permission) && this.#isAllowed(permission, row, { request, rights: principal.rights })) return;
    const { name: who, userId } = principal;
    await this.audit.note({ who, userId, action: row.name, target: request.path, outcome: 'denied', address });
    throw new Failure('forbidden', `${permission} is needed for this`);
  }

  /** What somebody may do nowhere is refused without a look at the object: that says nothing of it. */
  #isAllowed(permission: Permission, row: ContractRow, { request, rights }: { request: Request; rights: Rights }): boolean {
    if (!permissionsOf(rights).includes(permission)) return false;
    return row.where === 'somewhere' || decide(rights, permission, this.#resourceOf(request, rights));
  }

  #resourceOf({ params }: Request, rights: Rights): Resource {
    const { hostId, containerId } = params as { hostId?: string; containerId?: string };
    if (hostId === undefined) return installation;
    if (!this.resources.sees(rights, hostId)) throw new Failure('not-found', `no such host: ${hostId}`);
    if (containerId === undefined) return this.resources.host(hostId);
    const container = this.resources.container(hostId, containerId);
    if (!decide(rights, 'container:view', container)) throw new Failure('not-found', `no such container: ${containerId}`);
    return container;
  }
}
