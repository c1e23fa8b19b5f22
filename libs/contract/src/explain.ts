import { permissions } from '@gantry/access';
import * as z from 'zod';
import { GrantScope } from './grants.ts';
import type { ContractRow } from './row.ts';

/** Why somebody may do something, or why not and whom to ask. */
export const AccessExplanation = z
  .object({
    isAllowed: z.boolean(),
    who: z.string(),
    permission: z.string(),
    resource: z.string(),
    /** The grant that allows, or the one that comes nearest. */
    grant: z
      .object({ id: z.uuid(), role: z.string(), scope: GrantScope, team: z.string().optional(), expiresAt: z.iso.datetime().optional() })
      .optional(),
    /** The nearest miss: it expired; a token stands in the way; the role lacks it; the scope is too small for it; it is given elsewhere; nothing is given. */
    miss: z.enum(['expired', 'token', 'role', 'reach', 'scope', 'nothing', 'unknown-permission']).optional(),
    /** Where it is denied: people who could give it, at most five. */
    ask: z.array(z.string()),
  })
  .meta({ id: 'AccessExplanation' });
export type AccessExplanation = z.infer<typeof AccessExplanation>;

/**
 * `user` is a name or an id, absent for oneself; for somebody else the caller has to manage people. `resource` is `installation`,
 * `host/<host>`, `container/<host>/<id>`, `stack/<host>/<project>`, `image|network|volume/<host>/<name>`, where a host is an id or a name.
 * 404 where the caller does not see the host.
 */
export const explainAccess = {
  name: 'explainAccess',
  method: 'GET',
  path: '/api/access/explain',
  access: 'session',
  summary: 'Why somebody may do something, or why not',
  query: z.object({
    user: z.string().min(1).max(64).optional(),
    permission: z.enum(permissions),
    resource: z.string().min(1).max(512).default('installation'),
  }),
  answer: AccessExplanation,
} as const satisfies ContractRow;
