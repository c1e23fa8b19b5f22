import * as z from 'zod';
import { NewCertificate } from './certificates.ts';
import { type ContractRow, nothing } from './row.ts';

const params = z.object({ requestId: z.uuid() });
/** Eight letters in two groups, without vowels and what looks alike; as people type it. */
const Code = z.string().trim().min(8).max(16);

/** A machine that asks to be let in. The secret is for that machine alone, the code for whoever approves. */
export const NewLoginRequest = z
  .object({
    id: z.uuid(),
    secret: z.string(),
    code: z.string(),
    expiresAt: z.iso.datetime(),
    /** How long to wait before it is asked what came of it. */
    everySeconds: z.int(),
  })
  .meta({ id: 'NewLoginRequest' });
export type NewLoginRequest = z.infer<typeof NewLoginRequest>;

/** What came of a request. Where it was approved: who did, their certificate, and the hosts that they may use. */
export const LoginOutcome = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('waiting') }),
    z.object({ state: z.literal('refused') }),
    z.object({
      state: z.literal('approved'),
      who: z.string(),
      certificate: NewCertificate,
      hosts: z.array(z.object({ id: z.uuid(), name: z.string(), status: z.string() })),
    }),
  ])
  .meta({ id: 'LoginOutcome' });
export type LoginOutcome = z.infer<typeof LoginOutcome>;

/** What whoever approves is shown. */
export const LoginRequest = z
  .object({
    id: z.uuid(),
    code: z.string(),
    /** What the machine calls itself: not to be believed more than the address. */
    name: z.string(),
    /** From where it asks. */
    address: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'LoginRequest' });
export type LoginRequest = z.infer<typeof LoginRequest>;

/**
 * For ten minutes, in the memory of this server. 400 for a request that is not signed by its own key or has a weak one, 412 where this server has no port
 * for engines, 429 where too many wait already, and
 * after thirty tries of one address (of IPv6: of one /64), whatever came of them; one more is free every twenty seconds.
 */
export const createLoginRequest = {
  name: 'createLoginRequest',
  method: 'POST',
  path: '/api/login-requests',
  access: 'public',
  summary: 'Ask that a person signed in in a browser lets this machine in',
  body: z.strictObject({
    /** PKCS #10, PEM: the certificate is made for its key and no other. */
    request: z.string().min(1).max(8192),
    name: z.string().trim().min(1).max(64),
  }),
  answer: NewLoginRequest,
  status: 201,
} as const satisfies ContractRow;

/** 404 for one that is not there, has expired, or has another secret. */
export const collectLogin = {
  name: 'collectLogin',
  method: 'POST',
  path: '/api/login-requests/:requestId/outcome',
  access: 'public',
  summary: 'Learn what came of the request of this machine',
  params,
  body: z.strictObject({ secret: z.string().min(1).max(128) }),
  answer: LoginOutcome,
} as const satisfies ContractRow;

/** 404 for a code that stands for none; after ten tries, right or wrong, the person has to wait (429); one more is free every six minutes. */
export const findLoginRequest = {
  name: 'findLoginRequest',
  method: 'POST',
  path: '/api/login-requests/search',
  access: 'session',
  summary: 'See which machine a code is of',
  body: z.strictObject({ code: Code }),
  answer: LoginRequest,
} as const satisfies ContractRow;

/** Gives that machine a client certificate of the caller's own, as `createOwnCertificate` does. Once. */
export const approveLoginRequest = {
  name: 'approveLoginRequest',
  method: 'POST',
  path: '/api/login-requests/:requestId/approval',
  access: 'session',
  recent: true,
  summary: 'Let a machine in as oneself',
  params,
  body: z.strictObject({ code: Code }),
  answer: nothing,
} as const satisfies ContractRow;

export const refuseLoginRequest = {
  name: 'refuseLoginRequest',
  method: 'POST',
  path: '/api/login-requests/:requestId/refusal',
  access: 'session',
  summary: 'Let a machine not in',
  params,
  body: z.strictObject({ code: Code }),
  answer: nothing,
} as const satisfies ContractRow;
