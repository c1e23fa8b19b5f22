import type { Rights } from '@gantry/access';

/** Who is behind a request, as the session says. */
export interface Principal {
  readonly sessionId: string;
  readonly userId: string;
  readonly name: string;
  /** As they are whenever they are read: whoever waits reads them again. */
  readonly rights: Rights;
  /** The session's absolute end. */
  readonly endsAt: Date;
}
