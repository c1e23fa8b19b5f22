import type { Rights } from '@gantry/access';

/** Who is behind a request, as the session or the token says. */
export interface Principal {
  /** Of the session, or of the token. */
  readonly sessionId: string;
  readonly userId: string;
  readonly name: string;
  /** As they are whenever they are read: whoever waits reads them again. */
  readonly rights: Rights;
  /** Has one set up, or came in by something that stands for it: a passkey, single sign-on, a token. */
  readonly hasSecondFactor: boolean;
  /** Not the person but a token of theirs. */
  readonly isToken?: true;
  /** Not a browser of theirs but a client certificate: what it is called. */
  readonly certificate?: string;
  /** The token that the certificate was made with: it ends with it. */
  readonly madeBy?: string;
  /** The absolute end of the session, or of the token. */
  readonly endsAt: Date;
}
