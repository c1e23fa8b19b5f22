import * as z from 'zod';
import { PasswordLink, RoleName, User, UserName } from './people.ts';
import { type ContractRow, nothing } from './row.ts';

const params = z.object({ userId: z.uuid() });

export const listUsers = {
  name: 'listUsers',
  method: 'GET',
  path: '/api/users',
  access: 'user:manage',
  summary: 'Everybody who may sign in',
  answer: z.array(User),
} as const satisfies ContractRow;

export const NewUser = z.object({ user: User, link: PasswordLink.optional() }).meta({ id: 'NewUser' });
export type NewUser = z.infer<typeof NewUser>;

/**
 * A person comes with a link to choose a password; a service has none. With `role` they have that role everywhere; without, nothing until
 * somebody grants it. 409 where the name is taken, 403 for a role beyond the caller's own.
 */
export const createUser = {
  name: 'createUser',
  method: 'POST',
  path: '/api/users',
  access: 'user:manage',
  recent: true,
  summary: 'Invite a person, or add a service',
  body: z.strictObject({ name: UserName, kind: z.enum(['person', 'service']).default('person'), role: RoleName.optional() }),
  answer: NewUser,
  status: 201,
} as const satisfies ContractRow;

/** Somebody who is disabled is signed out everywhere at once. 409 where the name is taken, and for the last owner. */
export const updateUser = {
  name: 'updateUser',
  method: 'PATCH',
  path: '/api/users/:userId',
  access: 'user:manage',
  recent: true,
  summary: 'Rename, disable or enable somebody',
  params,
  body: z.strictObject({ name: UserName.optional(), isDisabled: z.boolean().optional() }),
  answer: User,
} as const satisfies ContractRow;

/** The old password is worth nothing any more, and all sessions end; so do earlier links. The second factor stays unless it is to go as well. */
export const resetUser = {
  name: 'resetUser',
  method: 'POST',
  path: '/api/users/:userId/reset',
  access: 'user:manage',
  recent: true,
  summary: 'Make somebody choose a new password',
  params,
  body: z.strictObject({ secondFactor: z.boolean().default(false) }),
  answer: PasswordLink,
  status: 201,
} as const satisfies ContractRow;

/** Ends their sessions within a second. 409 for the last owner. */
export const removeUser = {
  name: 'removeUser',
  method: 'DELETE',
  path: '/api/users/:userId',
  access: 'user:manage',
  recent: true,
  summary: 'Remove a person',
  params,
  answer: nothing,
} as const satisfies ContractRow;
