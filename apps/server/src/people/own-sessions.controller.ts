import { endOtherSessions, endOwnSession, listOwnSessions, type OwnSession } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';

@Controller()
export class OwnSessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Answers(listOwnSessions)
  async list(@CurrentPrincipal() { userId, sessionId }: Principal): Promise<OwnSession[]> {
    return (await this.sessions.list(userId)).map(({ id, createdAt, seenAt, expiresAt, address, userAgent, serial }) => {
      const times = { createdAt: createdAt.toISOString(), seenAt: seenAt.toISOString(), endsAt: expiresAt.toISOString() };
      return { id, kind: serial === null ? 'browser' : 'certificate', ...times, address, userAgent, isCurrent: id === sessionId };
    });
  }

  @Answers(endOwnSession)
  end(@CurrentPrincipal() { userId }: Principal, @Input() { params }: InputOf<typeof endOwnSession>): Promise<void> {
    return this.sessions.revoke(params.sessionId, userId);
  }

  @Answers(endOtherSessions)
  endOthers(@CurrentPrincipal() principal: Principal): Promise<void> {
    return this.sessions.revokeOthers(principal);
  }
}
