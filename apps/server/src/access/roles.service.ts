import { type Grant, grantOf, isRoleName, type Permission, roleNames, roles } from '@gantry/access';
import { Failure } from '@gantry/base';
import type { Role } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { GivingService } from './giving.service.ts';
import { RightsService } from './rights.service.ts';
import { addRole, removeRole, replaceRole, RolesStore, type StoredRole } from './roles.store.ts';

export interface WantedRole {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** Roles that people make: any part of the catalogue, as far as they have it everywhere themselves. The built-in ones cannot be changed. */
@Injectable()
export class RolesService {
  constructor(
    private readonly store: RolesStore,
    private readonly rights: RightsService,
    private readonly giving: GivingService,
  ) {}

  async list(): Promise<Role[]> {
    const builtIn = roleNames.map((name): Role => ({
      id: name,
      name,
      isBuiltIn: true,
      permissions: [...roles[name].permissions],
      addOns: [...roles[name].addOns],
    }));
    return [...builtIn, ...(await this.store.list()).map(describe)];
  }

  /** The name of a role: of a built-in one its id. Undefined for one that is not there. */
  async nameOf(id: string): Promise<string | undefined> {
    return isRoleName(id) ? id : (await this.store.find(id))?.name;
  }

  async add(wanted: WantedRole, by: Principal): Promise<Role> {
    return describe(
      await this.rights.change((transaction) => {
        this.giving.refuseTaking(by, asGrant(wanted)); // it gives nobody anything yet
        return addRole(transaction, wanted);
      }),
    );
  }

  async replace(id: string, wanted: WantedRole, by: Principal): Promise<Role> {
    return describe(
      await this.rights.change((transaction) => {
        this.giving.refuseBeyond(by, asGrant(wanted));
        return replaceRole(transaction, id, wanted);
      }),
    );
  }

  async remove(id: string): Promise<void> {
    await this.rights.change((transaction) => removeRole(transaction, id));
  }
}

/** As if it were given everywhere, without an end. `conflict` for the name of a built-in role. */
function asGrant({ name, permissions }: WantedRole): Grant {
  if (isRoleName(name.toLowerCase())) throw new Failure('conflict', `${name} is the name of a built-in role`);
  return grantOf({ id: '', role: '', scope: { kind: 'global' } }, permissions);
}

function describe({ id, name, permissions }: StoredRole): Role {
  const { permissions: known } = grantOf({ id: '', role: '', scope: { kind: 'global' } }, permissions);
  return { id, name, isBuiltIn: false, permissions: [...known], addOns: [] };
}
