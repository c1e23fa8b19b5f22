import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import type { Visitor } from '../door/guarded-engines.ts';
import { type Approach, Authenticator } from '../sessions/authenticator.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { Viewers } from './viewers.ts';

/** Lets pages in. */
@Injectable()
export class BrowserDoor {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly sessions: SessionsService,
    readonly viewers: Viewers,
  ) {}

  /** `unauthenticated` without a good session, `forbidden` from another origin or none. */
  async admit(approach: Approach): Promise<Visitor> {
    this.authenticator.refuseForeign(approach, 'strict');
    const principal = await this.authenticator.principal(approach, 'strict');
    if (!principal) throw new Failure('unauthenticated', 'sign in first');
    if (principal.isToken) throw new Failure('forbidden', 'this is for people who are signed in, not for tokens');
    return { principal, address: this.authenticator.address(approach), ended: this.sessions.ended(principal.sessionId) };
  }

  /** A sign of life. */
  touch(sessionId: string): void {
    this.sessions.touch(sessionId);
  }
}
