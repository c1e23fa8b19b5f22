import * as z from 'zod';
import { SecondFactorCode } from './credentials.ts';
import { Me, Password, Preferences } from './people.ts';
import { type ContractRow, nothing } from './row.ts';

/**
 * Signs in and sets the cookie. 401 for a wrong name or password alike; 429 with `details.retryAfterSeconds` after too many. Where the person has a
 * second factor it comes with the same call: 401 with `details.needs`: `code` says that it is missing or wrong.
 */
export const login = {
  name: 'login',
  method: 'POST',
  path: '/api/session',
  access: 'public',
  summary: 'Sign in',
  body: z.strictObject({ name: z.string().min(1).max(256), password: z.string().min(1).max(256), code: SecondFactorCode.optional() }),
  answer: Me,
  status: 201,
} as const satisfies ContractRow;

/** Ends this session everywhere: its sockets and streams close within a second. */
export const logout = {
  name: 'logout',
  method: 'DELETE',
  path: '/api/session',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'Sign out',
  answer: nothing,
} as const satisfies ContractRow;

/** 401 where nobody is signed in. */
export const getMe = {
  name: 'getMe',
  method: 'GET',
  path: '/api/me',
  access: 'session',
  byToken: true,
  withoutSecondFactor: true,
  summary: 'Who is signed in',
  answer: Me,
} as const satisfies ContractRow;

export const updatePreferences = {
  name: 'updatePreferences',
  method: 'PATCH',
  path: '/api/me/preferences',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'Change theme, language or density',
  body: Preferences.partial(),
  answer: Preferences,
} as const satisfies ContractRow;

/** Ends every other session of this person. 401 with a wrong current password. */
export const changePassword = {
  name: 'changePassword',
  method: 'PUT',
  path: '/api/me/password',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'Change the own password',
  body: z.strictObject({ current: z.string().min(1).max(256), next: Password }),
  answer: nothing,
} as const satisfies ContractRow;

/** Either is enough. The session goes on under a new cookie. 401 where it is wrong, 429 after too many. */
export const proveIdentity = {
  name: 'proveIdentity',
  method: 'POST',
  path: '/api/session/proof',
  access: 'session',
  withoutSecondFactor: true,
  summary: 'Prove again that it is you, for what is dangerous',
  body: z
    .strictObject({ password: z.string().min(1).max(256).optional(), code: SecondFactorCode.optional() })
    .refine(({ password, code }) => (password === undefined) !== (code === undefined), 'either the password or a code is needed'),
  answer: nothing,
} as const satisfies ContractRow;
