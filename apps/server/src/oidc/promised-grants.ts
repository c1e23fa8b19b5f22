import { type Grant, grantOf, isRoleName } from '@gantry/access';
import type { AccessTransaction } from '../access/given-grants.store.ts';
import { readScope } from '../access/grants.service.ts';
import { readMappings } from './group-mappings.ts';

/**
 * What groups at providers give to whoever comes next, also where nobody in them has come yet. Of those that are switched off too: they may be switched on.
 * What a place in a team gives are grants of the team, which are among those that are there.
 */
export async function promisedGrants(transaction: AccessTransaction): Promise<Grant[]> {
  const providers = await transaction.identityProvider.findMany({ select: { mappings: true } });
  const custom = new Map((await transaction.role.findMany()).map(({ id, permissions }) => [id, permissions]));
  return providers.flatMap(({ mappings }) =>
    readMappings(mappings).flatMap(({ gives }) => {
      if (gives.kind !== 'role' || !(isRoleName(gives.role) || custom.has(gives.role))) return [];
      const { role, addOns, scope } = gives;
      return [grantOf({ id: '', role, addOns, scope: readScope(scope) }, custom.get(role))];
    }),
  );
}
