import type { Grant, RoleName } from '@gantry/access';

/** Who is behind a request, as the session says. */
export interface Principal {
  readonly sessionId: string;
  readonly userId: string;
  readonly name: string;
  readonly role: RoleName;
  readonly grants: readonly Grant[];
  /** The session's absolute end. */
  readonly endsAt: Date;
}

/** The grants that a role of the whole installation stands for. */
export function grantsOf(role: RoleName): readonly Grant[] {
  return [{ role, scope: { kind: 'global' } }];
}
