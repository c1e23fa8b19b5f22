import { Injectable } from '@nestjs/common';
import type { Principal } from './principal.ts';
import { SessionsService } from './sessions.service.ts';
import { TokensService } from './tokens.service.ts';

/** What a request may carry to say whose it is: the token of a session in a cookie, or an API token. */
@Injectable()
export class Credentials {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokens: TokensService,
  ) {}

  ofSession(token: string): Promise<Principal | undefined> {
    return this.sessions.find(token);
  }

  ofApiToken(token: string, address: string): Promise<Principal | undefined> {
    return this.tokens.find(token, address);
  }

  revokeSeenInClear(token: string, address: string): Promise<void> {
    return this.tokens.revokeSeenInClear(token, address);
  }

  /** Whether the person proved within the last ten minutes that it is them; a token never did. */
  isProven({ sessionId }: Principal): boolean {
    return this.sessions.isProven(sessionId);
  }

  /** Whether a person has just signed in who has nothing here to prove with that it is them. */
  mayEnrol(principal: Principal): Promise<boolean> {
    return this.sessions.mayEnrol(principal);
  }
}
