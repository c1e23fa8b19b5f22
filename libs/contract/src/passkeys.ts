import * as z from 'zod';
import { Me } from './people.ts';
import { type ContractRow, nothing } from './row.ts';

/** What the browser's own interface takes and gives (WebAuthn Level 3, the JSON forms). The server checks it field by field. */
const Ceremony = z.looseObject({});

export const Passkey = z
  .object({ id: z.uuid(), name: z.string(), createdAt: z.iso.datetime(), lastUsedAt: z.iso.datetime().optional() })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof Passkey>;

export const listPasskeys = {
  name: 'listPasskeys',
  method: 'GET',
  path: '/api/me/passkeys',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'The own passkeys',
  answer: z.array(Passkey),
} as const satisfies ContractRow;

/** 501 where browsers allow none: at an IP address, or without https. */
export const beginPasskey = {
  name: 'beginPasskey',
  method: 'POST',
  path: '/api/me/passkeys/challenge',
  access: 'session',
  recent: true,
  enrols: true,
  withoutSecondFactor: true,
  summary: 'Begin to add a passkey',
  answer: Ceremony,
  status: 201,
} as const satisfies ContractRow;

/** 400 for an answer to another challenge, of another origin, or without the person's consent. */
export const addPasskey = {
  name: 'addPasskey',
  method: 'POST',
  path: '/api/me/passkeys',
  access: 'session',
  recent: true,
  enrols: true,
  withoutSecondFactor: true,
  summary: 'Add a passkey',
  body: z.strictObject({ name: z.string().trim().min(1).max(64), response: Ceremony }),
  answer: Passkey,
  status: 201,
} as const satisfies ContractRow;

/** 409 where it is the last thing that the person, or the last owner, can sign in with. */
export const removePasskey = {
  name: 'removePasskey',
  method: 'DELETE',
  path: '/api/me/passkeys/:passkeyId',
  access: 'session',
  recent: true,
  summary: 'Remove a passkey',
  params: z.object({ passkeyId: z.uuid() }),
  answer: nothing,
} as const satisfies ContractRow;

/** 501 where browsers allow none. The challenge is good once, for two minutes. */
export const beginPasskeyLogin = {
  name: 'beginPasskeyLogin',
  method: 'POST',
  path: '/api/session/passkey/challenge',
  access: 'public',
  summary: 'Begin to sign in with a passkey',
  answer: Ceremony,
  status: 201,
} as const satisfies ContractRow;

/** 401 for a passkey that nobody here has, an answer to another challenge or of another origin. */
export const loginWithPasskey = {
  name: 'loginWithPasskey',
  method: 'POST',
  path: '/api/session/passkey',
  access: 'public',
  summary: 'Sign in with a passkey',
  body: z.strictObject({ response: Ceremony }),
  answer: Me,
  status: 201,
} as const satisfies ContractRow;

/** As `proveIdentity`; the challenge is that of `beginPasskeyLogin`. */
export const provePasskey = {
  name: 'provePasskey',
  method: 'POST',
  path: '/api/session/proof/passkey',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'Prove again that it is you with a passkey',
  body: z.strictObject({ response: Ceremony }),
  answer: nothing,
} as const satisfies ContractRow;
