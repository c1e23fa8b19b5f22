import { z } from 'zod';
import type { ContractRow } from './row.ts';

export const AuditEntry = z
  .object({
    sequence: z.int().positive(),
    at: z.iso.datetime(),
    who: z.string(),
    /** Name of the row (`ContainerStart`, `login`). */
    action: z.string(),
    host: z.uuid().optional(),
    target: z.string(),
    /** `intended`: not finished yet; `unknown`: the server ended in between. */
    outcome: z.enum(['intended', 'done', 'failed', 'denied', 'unknown']),
    status: z.int().optional(),
    address: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Newest first; `before` is the sequence of the last entry of the page before. */
export const listAudit = {
  name: 'listAudit',
  method: 'GET',
  path: '/api/audit',
  access: 'audit:view',
  summary: 'Who did what',
  query: z.object({ before: z.coerce.number().int().positive().optional(), limit: z.coerce.number().int().min(1).max(500).default(100) }),
  answer: z.array(AuditEntry),
} as const satisfies ContractRow;
