import { z } from 'zod';
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

/** 409 where the name is taken. */
export const createUser = {
  name: 'createUser',
  method: 'POST',
  path: '/api/users',
  access: 'user:manage',
  summary: 'Add a person',
  body: z.strictObject({ name: UserName, password: Password, role: RoleName }),
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
