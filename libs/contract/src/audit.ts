import * as z from 'zod';
import { type ContractRow, text } from './row.ts';

/** `intended`: begun, and no outcome is written yet; `unknown`: the server ended in between. */
export const AuditOutcome = z.enum(['intended', 'done', 'failed', 'denied', 'unknown']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

export const AuditEntry = z
  .object({
    sequence: z.int().positive(),
    /** Names the request in both of its rows and in what the engine was told. */
    request: z.uuid(),
    at: z.iso.datetime(),
    /** When the outcome was written, where there was an intent before. */
    endedAt: z.iso.datetime().optional(),
    who: z.string(),
    /** Name of the row (`ContainerStart`, `login`). */
    action: z.string(),
    host: z.uuid().optional(),
    target: z.string(),
    outcome: AuditOutcome,
    status: z.int().optional(),
    address: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

const filters = {
  /** The name of whoever did it, exactly. */
  user: z.string().min(1).max(128).optional(),
  /** The name of a row, exactly. */
  action: z.string().min(1).max(128).optional(),
  host: z.uuid().optional(),
  /** A part of what it was done to, in any case. */
  target: z.string().min(1).max(256).optional(),
  outcome: AuditOutcome.optional(),
  /** Not before. */
  since: z.iso.datetime({ offset: true }).optional(),
  /** Before. */
  until: z.iso.datetime({ offset: true }).optional(),
  /** Words of any field or detail, in any case; all of them have to be there. */
  text: z.string().min(1).max(256).optional(),
};

/** Newest first; `before` is the sequence of the last entry of the page before. Whoever may see the log of some hosts sees what was done on these. */
export const listAudit = {
  name: 'listAudit',
  method: 'GET',
  path: '/api/audit',
  access: 'audit:view',
  where: 'somewhere',
  summary: 'Who did what',
  query: z.strictObject({
    ...filters,
    before: z.coerce.number().int().positive().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.array(AuditEntry),
} as const satisfies ContractRow;

/** Every row of the chain that a filter takes, oldest first, one JSON object on a line: the form of `gantry audit export`. */
export const exportAudit = {
  name: 'exportAudit',
  method: 'GET',
  path: '/api/audit/export',
  access: 'audit:view',
  where: 'somewhere',
  summary: 'The audit log as JSON lines',
  query: z.strictObject(filters),
  answer: text,
} as const satisfies ContractRow;
