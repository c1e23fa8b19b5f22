import type { AuditOutcome } from '@gantry/contract';

/** Which rows of the audit log are meant; what is undefined does not matter. */
export interface AuditFilter {
  /** Not before. */
  readonly since?: Date | undefined;
  /** Before. */
  readonly until?: Date | undefined;
  /** Name of whoever did it. */
  readonly user?: string | undefined;
  /** Id of a host. */
  readonly host?: string | undefined;
  /** Name of the row. */
  readonly action?: string | undefined;
  /** A part of the target, in any case. */
  readonly target?: string | undefined;
  /** How it ended; `intended`: no end is written. */
  readonly outcome?: AuditOutcome | undefined;
  /** Words of any field, in any case; all of them have to be there. */
  readonly text?: string | undefined;
  /** Only what was done on one of these hosts: all that the reader may know of. Undefined: everything. */
  readonly hosts?: readonly string[] | undefined;
}

interface AskedFilter extends Omit<AuditFilter, 'since' | 'until' | 'hosts'> {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The filter of a request, for somebody who may know of these hosts. */
export function filterOf({ since, until, ...same }: AskedFilter, hosts: readonly string[] | undefined): AuditFilter {
  return { ...same, since: timeOf(since), until: timeOf(until), hosts };
}

function timeOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
