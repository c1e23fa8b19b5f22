import * as z from 'zod';
import { RoleName } from './people.ts';
import type { ContractRow } from './row.ts';

export const SignInPolicy = z
  .strictObject({
    /** Whoever has one of these roles anywhere needs a second factor: without one they can only set one up. */
    secondFactorRoles: z.array(RoleName),
  })
  .meta({ id: 'SignInPolicy' });
export type SignInPolicy = z.infer<typeof SignInPolicy>;

export const getSignInPolicy = {
  name: 'getSignInPolicy',
  method: 'GET',
  path: '/api/settings/sign-in',
  access: 'system:settings',
  summary: 'How people have to sign in',
  answer: SignInPolicy,
} as const satisfies ContractRow;

export const updateSignInPolicy = {
  name: 'updateSignInPolicy',
  method: 'PUT',
  path: '/api/settings/sign-in',
  access: 'system:settings',
  recent: true,
  summary: 'Change how people have to sign in',
  body: SignInPolicy,
  answer: SignInPolicy,
} as const satisfies ContractRow;
