import type { StoredProvider } from './providers.store.ts';
import { refuse } from './refusals.ts';

/**
 * The provider as it is now, for what somebody was asked with the settings of before: an answer to the old ones says nothing under others.
 * `unauthenticated` for one that is gone, off or another one by now.
 */
export function asItIsNow(now: StoredProvider | null, asked: StoredProvider): StoredProvider {
  if (!now?.isEnabled) refuse('switched-off', `${asked.key} is switched off`);
  const isSame = now.issuer === asked.issuer && now.clientId === asked.clientId && now.groupsClaim === asked.groupsClaim;
  return isSame ? now : refuse('switched-off', `${asked.key} was set up anew meanwhile`);
}
