import * as z from 'zod';
import { SecondFactorCode } from './credentials.ts';
import { ProviderKey } from './identity-providers.ts';
import { Me } from './people.ts';
import { type ContractRow, nothing, text } from './row.ts';

const params = z.object({ providerKey: ProviderKey });

/** Where the browser goes on: at the provider. */
const Onward = z.object({ url: z.string() }).meta({ id: 'Onward' });

/** Why somebody was not let in by a provider; the login page has a sentence for each. */
export const refusalReasons = [
  'begun-elsewhere',
  'denied',
  'unreachable',
  'wrong-state',
  'wrong-issuer',
  'wrong-nonce',
  'wrong-audience',
  'wrong-signature',
  'wrong-time',
  'used-code',
  'wrong-client',
  'wrong-answer',
  'no-email',
  'unverified-email',
  'foreign-domain',
  'unknown-person',
  'name-taken',
  'disabled',
  'needs-passkey',
  'somebody-elses',
  'last-owner',
  'too-many',
  'switched-off',
  'no-proof',
  'failed',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** A place of the app: nothing that leads elsewhere. */
export const PlaceHere = z
  .string()
  .max(2_048)
  .regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, 'a path of this app');

/** Sets a cookie that ties the sign-in to this browser, for ten minutes. 404 for a provider that is not there or is switched off, 503 for one that is down. */
export const beginProviderSignIn = {
  name: 'beginProviderSignIn',
  method: 'POST',
  path: '/api/session/providers/:providerKey',
  access: 'public',
  summary: 'Begin to sign in with a provider',
  params,
  body: z.strictObject({
    next: PlaceHere.optional(),
    /** The provider is to ask them who they are, though it may know: whoever comes back has proven it. */
    isFresh: z.boolean().optional(),
  }),
  answer: Onward,
  status: 201,
} as const satisfies ContractRow;

/**
 * Where the provider sends the browser back to. Whoever is let in goes on with the session's cookie to where they wanted; else to the login page, which
 * says why (`?refused=<reason>&with=<key>`), or asks for a code of the second factor (`?code=<name>`).
 */
export const finishProviderSignIn = {
  name: 'finishProviderSignIn',
  method: 'GET',
  path: '/api/session/providers/:providerKey/callback',
  access: 'public',
  fromElsewhere: true,
  summary: 'Come back from a provider',
  params,
  answer: text,
  status: 303,
} as const satisfies ContractRow;

/** After the provider, the code of a second factor here. 401 for a wrong one, and where nobody in this browser came back from a provider. */
export const enterWithCode = {
  name: 'enterWithCode',
  method: 'POST',
  path: '/api/session/provider-code',
  access: 'public',
  summary: 'Sign in with a code, after a provider',
  body: z.strictObject({ code: SecondFactorCode }),
  answer: z.object({ me: Me, next: z.string() }).meta({ id: 'EnteredWithCode' }),
  status: 201,
} as const satisfies ContractRow;

export const OwnIdentity = z
  .object({
    id: z.uuid(),
    issuer: z.string(),
    /** The provider's name, where it still is one here. */
    provider: z.string().optional(),
    email: z.string().optional(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'OwnIdentity' });
export type OwnIdentity = z.infer<typeof OwnIdentity>;

export const listOwnIdentities = {
  name: 'listOwnIdentities',
  method: 'GET',
  path: '/api/me/identities',
  access: 'session',
  summary: 'Who the person is at providers',
  answer: z.array(OwnIdentity),
} as const satisfies ContractRow;

/** As `beginProviderSignIn`; whoever comes back is from then on this person. 409 is told on the account page where they are somebody else's. */
export const beginOwnIdentity = {
  name: 'beginOwnIdentity',
  method: 'POST',
  path: '/api/me/identities/:providerKey',
  access: 'session',
  recent: true,
  summary: 'Begin to connect the own account with a provider',
  params,
  answer: Onward,
  status: 201,
} as const satisfies ContractRow;

/** What the provider's groups gave goes with it. 409 where the person has nothing else to sign in with. */
export const removeOwnIdentity = {
  name: 'removeOwnIdentity',
  method: 'DELETE',
  path: '/api/me/identities/:identityId',
  access: 'session',
  recent: true,
  summary: 'Disconnect the own account from a provider',
  params: z.object({ identityId: z.uuid() }),
  answer: nothing,
} as const satisfies ContractRow;
