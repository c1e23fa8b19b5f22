import { permissions } from '@gantry/access';
import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

export const ApiToken = z
  .object({
    id: z.uuid(),
    name: z.string(),
    /** How it begins: enough to know it again. */
    prefix: z.string(),
    owner: z.object({ id: z.uuid(), name: z.string() }),
    /** What it may do at most; what its owner may not, it may not either. */
    permissions: z.array(z.enum(permissions)),
    /** Only on these hosts; absent: wherever its owner may. */
    hosts: z.array(z.uuid()).optional(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().optional(),
    lastAddress: z.string().optional(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof ApiToken>;

/** The token itself is in this answer only. */
export const NewApiToken = z.object({ token: z.string(), described: ApiToken }).meta({ id: 'NewApiToken' });
export type NewApiToken = z.infer<typeof NewApiToken>;

const body = z.strictObject({
  name: z.string().trim().min(1).max(64),
  permissions: z.array(z.enum(permissions)).min(1).max(permissions.length),
  hosts: z.array(z.uuid()).min(1).max(100).optional(),
  expiresInDays: z.int().min(1).max(366),
});
const params = z.object({ tokenId: z.uuid() });

export const listOwnTokens = {
  name: 'listOwnTokens',
  method: 'GET',
  path: '/api/me/tokens',
  access: 'session',
  summary: 'The own API tokens',
  answer: z.array(ApiToken),
} as const satisfies ContractRow;

export const createOwnToken = {
  name: 'createOwnToken',
  method: 'POST',
  path: '/api/me/tokens',
  access: 'session',
  recent: true,
  summary: 'Make an API token that acts as oneself, within limits',
  body,
  answer: NewApiToken,
  status: 201,
} as const satisfies ContractRow;

/** What is open under it closes within a second. 404 for one that is not the caller's own. */
export const revokeOwnToken = {
  name: 'revokeOwnToken',
  method: 'DELETE',
  path: '/api/me/tokens/:tokenId',
  access: 'session',
  summary: 'Revoke an own API token',
  params,
  answer: nothing,
} as const satisfies ContractRow;

export const listTokens = {
  name: 'listTokens',
  method: 'GET',
  path: '/api/tokens',
  access: 'apiToken:any',
  summary: 'The API tokens of everybody',
  answer: z.array(ApiToken),
} as const satisfies ContractRow;

/** Only for a service; 403 for a permission that the caller lacks. */
export const createServiceToken = {
  name: 'createServiceToken',
  method: 'POST',
  path: '/api/users/:userId/tokens',
  access: 'apiToken:any',
  recent: true,
  summary: 'Make an API token for a service',
  params: z.object({ userId: z.uuid() }),
  body,
  answer: NewApiToken,
  status: 201,
} as const satisfies ContractRow;

export const revokeToken = {
  name: 'revokeToken',
  method: 'DELETE',
  path: '/api/tokens/:tokenId',
  access: 'apiToken:any',
  recent: true,
  summary: 'Revoke the API token of anybody',
  params,
  answer: nothing,
} as const satisfies ContractRow;
