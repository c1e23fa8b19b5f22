import { createHash } from 'node:crypto';

/** What a session is of: a command in a container, the container's own terminal, or the host itself. */
export type SessionKind = 'exec' | 'attach' | 'host';
export const sessionKinds: readonly SessionKind[] = ['exec', 'attach', 'host'];

/** The id of a session that no exec gives one: by the request that opens it, so that the audit log says whose it is. 64 hex digits. */
export function sessionIdOf(kind: Exclude<SessionKind, 'exec'>, requestId: string): string {
  return createHash('sha256').update(`${kind} session of ${requestId}`).digest('hex');
}
