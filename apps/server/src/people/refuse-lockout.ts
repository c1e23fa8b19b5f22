import { Failure } from '@gantry/base';
import type { AccessTransaction } from '../access/given-grants.store.ts';

/** `conflict` where the person would have no way in any more: no password, no passkey, no provider. */
export async function refuseLockout(transaction: Pick<AccessTransaction, 'user'>, id: string): Promise<void> {
  const ways = [{ passwordHash: { not: null } }, { passkeys: { some: {} } }, { identities: { some: {} } }];
  if ((await transaction.user.count({ where: { id, OR: ways } })) > 0) return;
  throw new Failure(
    'conflict',
    'this is the last thing that you can sign in with: add another first, or have whoever manages people reset your password',
  );
}
