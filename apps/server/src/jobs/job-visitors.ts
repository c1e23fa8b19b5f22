import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Visitor } from '../door/guarded-engines.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';

/** Whoever asks for a job, as the engine door takes them: from where, and until when. */
@Injectable()
export class JobVisitors {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly sessions: SessionsService,
  ) {}

  of(principal: Principal, request: Request): Visitor {
    return { principal, address: this.authenticator.address(request), ended: this.sessions.ended(principal.sessionId) };
  }
}
