import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

/** A join code as it can be seen later: without its secret. */
export const JoinCode = z
  .object({
    id: z.string(),
    usesLeft: z.int().nonnegative(),
    expiresAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    needsApproval: z.boolean(),
    /** Hosts that joined with it, in that order. */
    hosts: z.array(z.uuid()),
  })
  .meta({ id: 'JoinCode' });
export type JoinCode = z.infer<typeof JoinCode>;

/** The code itself is in this answer only; the server keeps its hash. */
export const NewJoinCode = JoinCode.extend({
  /** `id.secret.pin` */
  code: z.string(),
  /** Where agents dial: the server's GANTRY_URL, else an address of this request. */
  url: z.url(),
  /** What to type on the new host; the code is read from standard input, it is not part of the command. */
  command: z.string(),
}).meta({ id: 'NewJoinCode' });
export type NewJoinCode = z.infer<typeof NewJoinCode>;

export const createJoinCode = {
  name: 'createJoinCode',
  method: 'POST',
  path: '/api/join-codes',
  access: 'joinToken:create',
  summary: 'Make a code that lets hosts join',
  body: z.strictObject({
    uses: z.int().min(1).max(1000).default(1),
    expiresInMinutes: z.int().min(1).max(10_080).default(60),
    needsApproval: z.boolean().default(false),
    labels: z.record(z.string().min(1).max(64), z.string().max(256)).default({}),
  }),
  answer: NewJoinCode,
  status: 201,
} as const satisfies ContractRow;

export const listJoinCodes = {
  name: 'listJoinCodes',
  method: 'GET',
  path: '/api/join-codes',
  access: 'joinToken:list',
  summary: 'Codes that are still valid or were used',
  answer: z.array(JoinCode),
} as const satisfies ContractRow;

export const revokeJoinCode = {
  name: 'revokeJoinCode',
  method: 'DELETE',
  path: '/api/join-codes/:codeId',
  access: 'joinToken:revoke',
  summary: 'Withdraw a join code',
  params: z.object({ codeId: z.string().min(1).max(64) }),
  answer: nothing,
} as const satisfies ContractRow;
