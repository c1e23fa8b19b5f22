import { addOnNames, permissions } from '@gantry/access';
import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

/** A compose project: also what Gantry's own stacks are named like. */
const Project = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,127}$/, 'lower-case letters, digits, _ and - only');

/** Where a grant holds. A selector is `team=web,env!=prod`: all terms have to hold for the labels of host and object. */
export const GrantScope = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('global') }),
    z.strictObject({ kind: z.literal('group'), group: z.uuid() }),
    z.strictObject({ kind: z.literal('host'), host: z.uuid() }),
    z.strictObject({ kind: z.literal('stack'), host: z.uuid(), project: Project }),
    z.strictObject({ kind: z.literal('labels'), selector: z.string().min(1).max(1_024) }),
  ])
  .meta({ id: 'GrantScope' });
export type GrantScope = z.infer<typeof GrantScope>;

export const AddOnName = z.enum(addOnNames);
export type AddOnName = z.infer<typeof AddOnName>;

/** A role: a built-in one, whose id is its name, or one that people made. */
export const Role = z
  .object({
    id: z.string(),
    name: z.string(),
    isBuiltIn: z.boolean(),
    permissions: z.array(z.enum(permissions)),
    /** What a grant of it may carry besides. */
    addOns: z.array(AddOnName),
  })
  .meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

export const RoleTitle = z.string().trim().min(2).max(64);

export const AccessGrant = z
  .object({
    id: z.uuid(),
    subject: z.object({ kind: z.enum(['user', 'team']), id: z.uuid(), name: z.string() }),
    role: z.object({ id: z.string(), name: z.string() }),
    addOns: z.array(AddOnName),
    scope: GrantScope,
    /** It gives nothing from then on. */
    expiresAt: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
    /** The name of whoever gave it. */
    createdBy: z.string(),
  })
  .meta({ id: 'AccessGrant' });
export type AccessGrant = z.infer<typeof AccessGrant>;

export const listGrants = {
  name: 'listGrants',
  method: 'GET',
  path: '/api/grants',
  access: 'grant:manage',
  where: 'somewhere',
  summary: 'Who may do what, in the scopes where the caller manages that',
  answer: z.array(AccessGrant),
} as const satisfies ContractRow;

/** What is to be given, and where. */
export const grantWish = {
  /** The name of a built-in role or the id of another. */
  role: z.string().min(1).max(64),
  addOns: z.array(AddOnName).max(addOnNames.length).default([]),
  scope: GrantScope,
  expiresAt: z.iso.datetime().optional(),
};

/** 403 where it would give more than the caller has in the whole of its scope. A service is granted as a user is. */
export const createGrant = {
  name: 'createGrant',
  method: 'POST',
  path: '/api/grants',
  access: 'grant:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Give a role to a person, a team or a service',
  body: z.strictObject({
    subject: z.strictObject({ kind: z.enum(['user', 'team', 'service']), id: z.uuid() }),
    ...grantWish,
  }),
  answer: AccessGrant,
  status: 201,
} as const satisfies ContractRow;

/** What was open on the strength of it ends within a second. 409 where the installation would be left without an owner. */
export const revokeGrant = {
  name: 'revokeGrant',
  method: 'DELETE',
  path: '/api/grants/:grantId',
  access: 'grant:manage',
  where: 'somewhere',
  recent: true,
  summary: 'Take a grant back',
  params: z.object({ grantId: z.uuid() }),
  answer: nothing,
} as const satisfies ContractRow;

export const listRoles = {
  name: 'listRoles',
  method: 'GET',
  path: '/api/roles',
  access: 'grant:manage',
  where: 'somewhere',
  summary: 'The roles that can be given',
  answer: z.array(Role),
} as const satisfies ContractRow;

const wantedRole = z.strictObject({ name: RoleTitle, permissions: z.array(z.enum(permissions)).max(permissions.length) });
const roleParams = z.object({ roleId: z.uuid() });

/** 403 for a permission that the caller does not have everywhere, 409 where the name is taken. */
export const createRole = {
  name: 'createRole',
  method: 'POST',
  path: '/api/roles',
  access: 'role:manage',
  recent: true,
  summary: 'Make a role of permissions of the catalogue',
  body: wantedRole,
  answer: Role,
  status: 201,
} as const satisfies ContractRow;

/** Changes what every grant of it gives, at once. */
export const updateRole = {
  name: 'updateRole',
  method: 'PUT',
  path: '/api/roles/:roleId',
  access: 'role:manage',
  recent: true,
  summary: 'Change a role',
  params: roleParams,
  body: wantedRole,
  answer: Role,
} as const satisfies ContractRow;

/** 409 while somebody has it. */
export const removeRole = {
  name: 'removeRole',
  method: 'DELETE',
  path: '/api/roles/:roleId',
  access: 'role:manage',
  recent: true,
  summary: 'Remove a role',
  params: roleParams,
  answer: nothing,
} as const satisfies ContractRow;
