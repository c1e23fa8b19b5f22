import {
  type AccessExplanation,
  type AccessGrant,
  createGrant,
  createRole,
  explainAccess,
  listGrants,
  listRoles,
  removeRole,
  revokeGrant,
  type Role,
  updateRole,
} from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { CurrentPrincipal } from './current-principal.ts';
import { ExplainService } from './explain.service.ts';
import { GrantsService } from './grants.service.ts';
import { RolesService } from './roles.service.ts';

@Controller()
export class AccessController {
  constructor(
    private readonly grants: GrantsService,
    private readonly roles: RolesService,
    private readonly explaining: ExplainService,
  ) {}

  @Answers(listGrants)
  list(@CurrentPrincipal() principal: Principal): Promise<AccessGrant[]> {
    return this.grants.list(principal);
  }

  @Answers(createGrant)
  add(@Input() { body }: InputOf<typeof createGrant>, @CurrentPrincipal() principal: Principal): Promise<AccessGrant> {
    return this.grants.add(body, principal);
  }

  @Answers(revokeGrant)
  revoke(@Input() { params }: InputOf<typeof revokeGrant>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.grants.revoke(params.grantId, principal);
  }

  @Answers(listRoles)
  listRoles(): Promise<Role[]> {
    return this.roles.list();
  }

  @Answers(createRole)
  addRole(@Input() { body }: InputOf<typeof createRole>, @CurrentPrincipal() principal: Principal): Promise<Role> {
    return this.roles.add(body, principal);
  }

  @Answers(updateRole)
  replaceRole(@Input() { params, body }: InputOf<typeof updateRole>, @CurrentPrincipal() principal: Principal): Promise<Role> {
    return this.roles.replace(params.roleId, body, principal);
  }

  @Answers(removeRole)
  removeRole(@Input() { params }: InputOf<typeof removeRole>): Promise<void> {
    return this.roles.remove(params.roleId);
  }

  @Answers(explainAccess)
  explain(@Input() { query }: InputOf<typeof explainAccess>, @CurrentPrincipal() principal: Principal): Promise<AccessExplanation> {
    return this.explaining.explain(query, principal);
  }
}
