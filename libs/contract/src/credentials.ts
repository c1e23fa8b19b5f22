import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

/** Six digits of an authenticator, or a recovery code. */
export const SecondFactorCode = z.string().trim().min(6).max(64);

export const SecondFactors = z
  .object({
    /** Whether codes of an authenticator are asked for at sign-in. */
    hasTotp: z.boolean(),
    passkeys: z.int().nonnegative(),
    recoveryCodesLeft: z.int().nonnegative(),
    /** Whether one of this person's roles demands a second factor. */
    isRequired: z.boolean(),
    /** Whether there is a password to prove with: people who come by single sign-on have none. */
    hasPassword: z.boolean(),
  })
  .meta({ id: 'SecondFactors' });
export type SecondFactors = z.infer<typeof SecondFactors>;

export const getSecondFactors = {
  name: 'getSecondFactors',
  method: 'GET',
  path: '/api/me/second-factors',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'What the own account is secured by',
  answer: SecondFactors,
} as const satisfies ContractRow;

/** The secret of an authenticator, in this answer only. It counts for nothing until it is confirmed; asking again replaces it. */
export const NewTotp = z.object({ secret: z.string(), uri: z.string() }).meta({ id: 'NewTotp' });
export type NewTotp = z.infer<typeof NewTotp>;

/** 409 where there is one that is confirmed. */
export const beginTotp = {
  name: 'beginTotp',
  method: 'POST',
  path: '/api/me/totp',
  access: 'session',
  recent: true,
  enrols: true,
  withoutSecondFactor: true,
  summary: 'Begin to set up an authenticator',
  answer: NewTotp,
  status: 201,
} as const satisfies ContractRow;

/** Each is good once, in place of a code; in this answer only. */
export const RecoveryCodes = z.object({ codes: z.array(z.string()) }).meta({ id: 'RecoveryCodes' });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

/** Ends every other session of this person. 401 for a wrong code. */
export const confirmTotp = {
  name: 'confirmTotp',
  method: 'PUT',
  path: '/api/me/totp',
  access: 'session',
  recent: true,
  enrols: true,
  withoutSecondFactor: true,
  summary: 'Confirm an authenticator with a first code',
  body: z.strictObject({ code: SecondFactorCode }),
  answer: RecoveryCodes,
} as const satisfies ContractRow;

/** The recovery codes go with it. */
export const removeTotp = {
  name: 'removeTotp',
  method: 'DELETE',
  path: '/api/me/totp',
  access: 'session',
  recent: true,
  summary: 'Give the authenticator up',
  answer: nothing,
} as const satisfies ContractRow;

/** The earlier ones are good no more. 409 without an authenticator. */
export const renewRecoveryCodes = {
  name: 'renewRecoveryCodes',
  method: 'POST',
  path: '/api/me/recovery-codes',
  access: 'session',
  recent: true,
  summary: 'Make new recovery codes',
  answer: RecoveryCodes,
  status: 201,
} as const satisfies ContractRow;
