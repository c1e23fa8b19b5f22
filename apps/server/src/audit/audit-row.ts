import { createHash } from 'node:crypto';

/** One row as it is stored: an intent, or the outcome of one. */
export interface AuditRow {
  readonly sequence: bigint;
  /** The request that it is about. */
  readonly request: string;
  readonly phase: 'intent' | 'outcome';
  readonly at: Date;
  readonly userId: string | null;
  readonly who: string;
  readonly action: string;
  readonly hostId: string | null;
  readonly target: string;
  readonly outcome: 'intended' | 'done' | 'failed' | 'denied' | 'unknown';
  readonly status: number | null;
  readonly address: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A row with its place in the chain. */
export interface ChainedRow extends AuditRow {
  readonly hash: Uint8Array;
}

/** The hash of the row before the first one. */
export const firstHash: Uint8Array<ArrayBuffer> = new Uint8Array(32);

/** SHA-256 over the hash before and every field of the row, in a fixed order; keys of details are sorted, since a database may order them anew. */
export function chainHash(before: Uint8Array, row: AuditRow): Uint8Array<ArrayBuffer> {
  const { sequence, request, phase, at, userId, who, action, hostId, target, outcome, status, address, details } = row;
  const fields = [
    String(sequence),
    request,
    phase,
    // Who changed the row may have left no time in it at all.
    Number.isNaN(at.getTime()) ? null : at.toISOString(),
    userId,
    who,
    action,
    hostId,
    target,
    outcome,
    status,
    address,
    sorted(details),
  ];
  return new Uint8Array(createHash('sha256').update(before).update(JSON.stringify(fields)).digest());
}

/** Control characters, ends of lines, and what turns the direction of writing: a terminal or a page would show something else than what is there. */
const unprintable = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text of others as it may stand in a log: control characters escaped, no longer than needed. */
export function printable(text: string, longest = 512): string {
  const escaped = text.toWellFormed().replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return escaped.length > longest ? `${escaped.slice(0, longest)}…` : escaped;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
