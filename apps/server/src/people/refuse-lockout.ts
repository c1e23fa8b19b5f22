import { Failure } from '@gantry/base';
import type { AccessTransaction } from '../access/given-grants.store.ts';

/** `conflict` where the person would have no way in any more: no password, no passkey, nobody at the issuer of a provider that is switched on. */
export async function refuseLockout(transaction: Pick<AccessTransaction, 'user' | 'identityProvider'>, id: string): Promise<void> {
  const providers = await transaction.identityProvider.findMany({ where: { isEnabled: true }, select: { issuer: true } });
  const identities = { some: { issuer: { in: providers.map(({ issuer }) => issuer) } } };
  const ways = [{ passwordHash: { not: null } }, { passkeys: { some: {} } }, { identities }];
  if ((await transaction.user.count({ where: { id, OR: ways } })) > 0) return;
  throw new Failure(
    'conflict',
    'this is the last thing that you can sign in with: add another first, or have whoever manages people reset your password',
  );
}
