import {
  approveLoginRequest,
  collectLogin,
  createLoginRequest,
  findLoginRequest,
  type LoginOutcome,
  type LoginRequest,
  type NewLoginRequest,
  refuseLoginRequest,
} from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { LoginRequestsService } from './login-requests.service.ts';

@Controller()
export class LoginRequestsController {
  constructor(
    private readonly requests: LoginRequestsService,
    private readonly authenticator: Authenticator,
  ) {}

  @Answers(createLoginRequest)
  create(@Req() request: Request, @Input() { body }: InputOf<typeof createLoginRequest>): Promise<NewLoginRequest> {
    return this.requests.create(body, this.authenticator.address(request));
  }

  @Answers(collectLogin)
  collect(@Input() { params, body }: InputOf<typeof collectLogin>): LoginOutcome {
    return this.requests.collect(params.requestId, body.secret);
  }

  @Answers(findLoginRequest)
  find(@CurrentPrincipal() principal: Principal, @Input() { body }: InputOf<typeof findLoginRequest>): LoginRequest {
    return this.requests.find(principal, body.code);
  }

  @Answers(approveLoginRequest)
  approve(@CurrentPrincipal() principal: Principal, @Input() { params, body }: InputOf<typeof approveLoginRequest>): Promise<void> {
    return this.requests.approve(principal, { id: params.requestId, code: body.code });
  }

  @Answers(refuseLoginRequest)
  refuse(@CurrentPrincipal() principal: Principal, @Input() { params, body }: InputOf<typeof refuseLoginRequest>): Promise<void> {
    return this.requests.refuse(principal, { id: params.requestId, code: body.code });
  }
}
