import type { RefusalReason, SetupState } from '@gantry/contract';
import type { LocationQuery } from 'vue-router';
import { type MessageKey, text } from '../../i18n/i18n.ts';

/** Why a provider did not let somebody in, in a sentence; undefined where the address says nothing of it. */
export function refusalIn(query: LocationQuery, providers: SetupState['providers']): string | undefined {
  const key = refusalKey(query['refused']);
  if (!key) return undefined;
  const provider = providers.find((one) => one.key === query['with'])?.name ?? text('sso.theProvider');
  // A reason that this page does not know, as somebody may have written it into a link, says no more than that it failed.
  return text(text(key) === key ? 'refusal.failed' : key, { provider });
}

/** The key of the sentence for a reason in the address; undefined where there is none. */
export function refusalKey(reason: LocationQuery[string] | undefined): MessageKey | undefined {
  return typeof reason === 'string' && /^[a-z-]{1,32}$/.test(reason) ? `refusal.${reason as RefusalReason}` : undefined;
}

/** Of whom a code is still asked after a provider; undefined where of nobody. */
export function askingName({ code }: LocationQuery): string | undefined {
  return typeof code === 'string' && code !== '' ? code : undefined;
}

/** Where somebody wanted to go, as the server takes it; undefined for what is no plain path. */
export function placeToAsk(next: LocationQuery[string] | undefined): string | undefined {
  return typeof next === 'string' && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(next) ? next : undefined;
}
