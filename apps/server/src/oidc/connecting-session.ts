import type { AccessTransaction } from '../access/given-grants.store.ts';

/**
 * Whether the session is still one of this person's, as stored: a reset, a disabled account and a changed password have ended it the moment that
 * they are committed, before any process is told.
 */
export async function isSessionGood(transaction: AccessTransaction, id: string, userId: string): Promise<boolean> {
  const session = await transaction.session.findUnique({
    where: { id },
    include: { user: { select: { disabledAt: true, signInEpoch: true } } },
  });
  return (
    session?.userId === userId &&
    session.expiresAt.getTime() > Date.now() &&
    session.user.disabledAt === null &&
    session.user.signInEpoch === session.epoch
  );
}
