import type { Me } from '@gantry/contract';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { EntranceService, type Origin, type SignedIn } from './entrance.service.ts';

/** Where people come in by HTTP: from where they come, and the cookie that they take with them. */
@Injectable()
export class Doorstep {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly entrance: EntranceService,
  ) {}

  originOf(request: Request): Origin {
    return { address: this.authenticator.address(request), userAgent: request.headers['user-agent'] ?? '' };
  }

  welcome({ token, me }: SignedIn, response: Response): Me {
    this.bring(token, response);
    return me;
  }

  /** What the person proves with has changed: every other session ends, this one goes on under another cookie. */
  async restart(principal: Principal, response: Response): Promise<void> {
    this.bring(await this.entrance.restart(principal), response);
  }

  bring(token: string, response: Response): void {
    response.append('set-cookie', this.authenticator.cookie.bring(token));
  }

  farewell(response: Response): void {
    response.append('set-cookie', this.authenticator.cookie.drop());
  }
}
