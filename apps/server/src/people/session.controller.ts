import { getMe, login, logout, type Me } from '@gantry/contract';
import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { Doorstep } from './doorstep.ts';
import { EntranceService } from './entrance.service.ts';
import { LoginService } from './login.service.ts';

@Controller()
export class SessionController {
  constructor(
    private readonly logins: LoginService,
    private readonly entrance: EntranceService,
    private readonly doorstep: Doorstep,
  ) {}

  @Answers(login)
  async login(
    @Input() { body }: InputOf<typeof login>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Me> {
    return this.doorstep.welcome(await this.logins.login(body, this.doorstep.originOf(request)), response);
  }

  @Answers(logout)
  async logout(@CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.entrance.leave(principal);
    this.doorstep.farewell(response);
  }

  @Answers(getMe)
  me(@CurrentPrincipal() principal: Principal): Promise<Me> {
    return this.entrance.me(principal);
  }
}
