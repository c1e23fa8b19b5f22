import {
  addPasskey,
  beginPasskey,
  beginPasskeyLogin,
  listPasskeys,
  loginWithPasskey,
  type Me,
  type Passkey,
  provePasskey,
  removePasskey,
} from '@gantry/contract';
import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentPrincipal } from '../../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../../http/contract-row.ts';
import type { Principal } from '../../sessions/principal.ts';
import { Doorstep } from '../doorstep.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { type Ceremony, PasskeysService } from './passkeys.service.ts';
import { relyingPartyOf } from './relying-party.ts';

@Controller()
export class PasskeysController {
  constructor(
    private readonly passkeys: PasskeysService,
    private readonly logins: PasskeyLoginService,
    private readonly doorstep: Doorstep,
  ) {}

  @Answers(listPasskeys)
  list(@CurrentPrincipal() { userId }: Principal): Promise<Passkey[]> {
    return this.passkeys.list(userId);
  }

  @Answers(beginPasskey)
  begin(@CurrentPrincipal() principal: Principal, @Req() { headers }: Request): Promise<Ceremony> {
    return this.passkeys.begin(principal, relyingPartyOf(headers.origin));
  }

  @Answers(addPasskey)
  add(
    @CurrentPrincipal() principal: Principal,
    @Input() { body }: InputOf<typeof addPasskey>,
    @Req() { headers }: Request,
  ): Promise<Passkey> {
    return this.passkeys.add(principal, body, relyingPartyOf(headers.origin));
  }

  @Answers(removePasskey)
  remove(@CurrentPrincipal() { userId }: Principal, @Input() { params }: InputOf<typeof removePasskey>): Promise<void> {
    return this.passkeys.remove(params.passkeyId, userId);
  }

  @Answers(beginPasskeyLogin)
  challenge(@Req() { headers }: Request): Promise<Ceremony> {
    return this.passkeys.challenge(relyingPartyOf(headers.origin));
  }

  @Answers(loginWithPasskey)
  async login(
    @Input() { body }: InputOf<typeof loginWithPasskey>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Me> {
    const party = relyingPartyOf(request.headers.origin);
    return this.doorstep.welcome(await this.logins.login(body.response, { party, from: this.doorstep.originOf(request) }), response);
  }

  @Answers(provePasskey)
  async prove(
    @CurrentPrincipal() principal: Principal,
    @Input() { body }: InputOf<typeof provePasskey>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const party = relyingPartyOf(response.req.headers.origin);
    this.doorstep.bring(await this.logins.prove(principal, body.response, party), response);
  }
}
