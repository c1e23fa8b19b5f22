import { changePassword, getMe, login, logout, type Me, type Preferences, updatePreferences } from '@gantry/contract';
import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { LoginService, type Origin, type SignedIn } from './login.service.ts';
import { UsersService } from './users.service.ts';

@Controller()
export class SessionController {
  constructor(
    private readonly logins: LoginService,
    private readonly users: UsersService,
    private readonly authenticator: Authenticator,
  ) {}

  @Answers(login)
  async login(
    @Input() { body }: InputOf<typeof login>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Me> {
    return this.#welcome(await this.logins.login(body, this.#originOf(request)), response);
  }

  @Answers(logout)
  async logout(@CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.logins.logout(principal);
    response.append('set-cookie', this.authenticator.cookie.drop());
  }

  @Answers(getMe)
  me(@CurrentPrincipal() principal: Principal): Promise<Me> {
    return this.logins.me(principal);
  }

  @Answers(updatePreferences)
  prefer(@CurrentPrincipal() { userId }: Principal, @Input() { body }: InputOf<typeof updatePreferences>): Promise<Preferences> {
    return this.users.updatePreferences(userId, body);
  }

  @Answers(changePassword)
  async changePassword(
    @CurrentPrincipal() { userId }: Principal,
    @Input() { body }: InputOf<typeof changePassword>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.users.changePassword(userId, body);
    this.#welcome(await this.logins.reopen(userId, this.#originOf(response.req)), response);
  }

  #welcome({ token, me }: SignedIn, response: Response): Me {
    response.append('set-cookie', this.authenticator.cookie.bring(token));
    return me;
  }

  #originOf(request: Request): Origin {
    return { address: this.authenticator.address(request), userAgent: request.headers['user-agent'] ?? '' };
  }
}
