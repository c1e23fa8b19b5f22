import { permissions } from '@gantry/access';
import * as z from 'zod';
import { AccessGrant, grantWish } from './grants.ts';
import { type ContractRow, nothing } from './row.ts';

/** Somebody asks for what they lack. The object is named as `explainAccess` names it, with the id of its host. */
export const AccessRequest = z
  .object({
    id: z.uuid(),
    /** Who asks. */
    user: z.object({ id: z.uuid(), name: z.string() }),
    permission: z.enum(permissions),
    resource: z.string(),
    reason: z.string(),
    /** For how long it is wanted; absent: until somebody takes it away. */
    hours: z.int().optional(),
    createdAt: z.iso.datetime(),
    state: z.enum(['open', 'approved', 'declined', 'withdrawn']),
    decidedAt: z.iso.datetime().optional(),
    /** The name of whoever decided. */
    decidedBy: z.string().optional(),
    /** Why it was declined. */
    answer: z.string().optional(),
  })
  .meta({ id: 'AccessRequest' });
export type AccessRequest = z.infer<typeof AccessRequest>;

const params = z.object({ requestId: z.uuid() });
const Reason = z.string().trim().min(3).max(500);

/**
 * 404 where the caller does not see the host, 409 where they have it already or ask for it already, 429 with five open requests or twenty within
 * a day.
 */
export const createAccessRequest = {
  name: 'createAccessRequest',
  method: 'POST',
  path: '/api/access/requests',
  access: 'access:request',
  where: 'somewhere',
  summary: 'Ask for access to something',
  body: z.strictObject({
    permission: z.enum(permissions),
    resource: z.string().min(1).max(512),
    reason: Reason,
    hours: z
      .int()
      .min(1)
      .max(24 * 90)
      .optional(),
  }),
  answer: AccessRequest,
  status: 201,
} as const satisfies ContractRow;

/** Those that are open and lie where the caller approves access, the oldest first. */
export const listAccessRequests = {
  name: 'listAccessRequests',
  method: 'GET',
  path: '/api/access/requests',
  access: 'access:approve',
  where: 'somewhere',
  summary: 'What people ask for, where the caller decides that',
  answer: z.array(AccessRequest),
} as const satisfies ContractRow;

/** The newest first; those that were decided stay for thirty days. */
export const listOwnAccessRequests = {
  name: 'listOwnAccessRequests',
  method: 'GET',
  path: '/api/me/access-requests',
  access: 'session',
  summary: 'What oneself has asked for, and what came of it',
  answer: z.array(AccessRequest),
} as const satisfies ContractRow;

/** 404 for one that is not the caller's own, 409 for one that is decided. */
export const withdrawAccessRequest = {
  name: 'withdrawAccessRequest',
  method: 'DELETE',
  path: '/api/me/access-requests/:requestId',
  access: 'session',
  summary: 'Ask no longer',
  params,
  answer: nothing,
} as const satisfies ContractRow;

/** Gives whoever asks the grant that the body says, under the rules of `createGrant`, and ends the request; both or nothing. 409 for one that is decided. */
export const approveAccessRequest = {
  name: 'approveAccessRequest',
  method: 'POST',
  path: '/api/access/requests/:requestId/approval',
  access: 'access:approve',
  where: 'somewhere',
  recent: true,
  summary: 'Give somebody access that they ask for',
  params,
  body: z.strictObject(grantWish),
  answer: AccessGrant,
  status: 201,
} as const satisfies ContractRow;

/** The reason is shown to whoever asked. 409 for one that is decided. */
export const declineAccessRequest = {
  name: 'declineAccessRequest',
  method: 'POST',
  path: '/api/access/requests/:requestId/refusal',
  access: 'access:approve',
  where: 'somewhere',
  summary: 'Decline access that somebody asks for',
  params,
  body: z.strictObject({ reason: Reason }),
  answer: AccessRequest,
} as const satisfies ContractRow;
