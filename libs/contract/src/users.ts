import * as z from 'zod';
import { Password, RoleName, User, UserName } from './people.ts';
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

/** With `role` they have that role everywhere; without, nothing until somebody grants it. 409 where the name is taken, 403 for a role beyond the caller's own. */
export const createUser = {
  name: 'createUser',
  method: 'POST',
  path: '/api/users',
  access: 'user:manage',
  summary: 'Add a person',
  body: z.strictObject({ name: UserName, password: Password, role: RoleName.optional() }),
  answer: User,
  status: 201,
} as const satisfies ContractRow;

/** Ends their sessions within a second. 409 for the last owner. */
export const removeUser = {
  name: 'removeUser',
  method: 'DELETE',
  path: '/api/users/:userId',
  access: 'user:manage',
  summary: 'Remove a person',
  params,
  answer: nothing,
} as const satisfies ContractRow;
