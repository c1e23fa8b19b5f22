import * as z from 'zod';
import { Me, Password, Preferences } from './people.ts';
import { type ContractRow, nothing } from './row.ts';

/** Signs in and sets the cookie. 401 for a wrong name or password alike; 429 with `details.retryAfterSeconds` after too many. */
export const login = {
  name: 'login',
  method: 'POST',
  path: '/api/session',
  access: 'public',
  summary: 'Sign in',
  body: z.strictObject({ name: z.string().min(1).max(256), password: z.string().min(1).max(256) }),
  answer: Me,
  status: 201,
} as const satisfies ContractRow;

/** Ends this session everywhere: its sockets and streams close within a second. */
export const logout = {
  name: 'logout',
  method: 'DELETE',
  path: '/api/session',
  access: 'session',
  summary: 'Sign out',
  answer: nothing,
} as const satisfies ContractRow;

/** 401 where nobody is signed in. */
export const getMe = {
  name: 'getMe',
  method: 'GET',
  path: '/api/me',
  access: 'session',
  summary: 'Who is signed in',
  answer: Me,
} as const satisfies ContractRow;

export const updatePreferences = {
  name: 'updatePreferences',
  method: 'PATCH',
  path: '/api/me/preferences',
  access: 'session',
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
  summary: 'Change the own password',
  body: z.strictObject({ current: z.string().min(1).max(256), next: Password }),
  answer: nothing,
} as const satisfies ContractRow;
