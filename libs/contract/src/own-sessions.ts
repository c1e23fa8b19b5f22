import * as z from 'zod';
import { type ContractRow, nothing } from './row.ts';

export const OwnSession = z
  .object({
    id: z.uuid(),
    createdAt: z.iso.datetime(),
    seenAt: z.iso.datetime(),
    address: z.string(),
    /** A browser, or a client certificate of the docker CLI. */
    kind: z.enum(['browser', 'certificate']),
    /** As the browser names itself; what the certificate is called. */
    userAgent: z.string(),
    /** The absolute end. */
    endsAt: z.iso.datetime(),
    /** The one that asks. */
    isCurrent: z.boolean(),
  })
  .meta({ id: 'OwnSession' });
export type OwnSession = z.infer<typeof OwnSession>;

export const listOwnSessions = {
  name: 'listOwnSessions',
  method: 'GET',
  path: '/api/me/sessions',
  access: 'session',
  summary: 'Where one is signed in',
  answer: z.array(OwnSession),
} as const satisfies ContractRow;

/** Its sockets and streams close within a second. 404 for one that is not the caller's own. */
export const endOwnSession = {
  name: 'endOwnSession',
  method: 'DELETE',
  path: '/api/me/sessions/:sessionId',
  access: 'session',
  summary: 'Sign out somewhere else',
  params: z.object({ sessionId: z.uuid() }),
  answer: nothing,
} as const satisfies ContractRow;

export const endOtherSessions = {
  name: 'endOtherSessions',
  method: 'DELETE',
  path: '/api/me/sessions',
  access: 'session',
  summary: 'Sign out everywhere else',
  answer: nothing,
} as const satisfies ContractRow;
