import { createOwner, getSetup, type Me, type SetupState } from '@gantry/contract';
import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { principalOf } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { ProvidersStore } from '../oidc/providers.store.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import { SetupService } from './setup.service.ts';

@Controller()
export class SetupController {
  constructor(
    private readonly setup: SetupService,
    private readonly authenticator: Authenticator,
    private readonly providers: ProvidersStore,
  ) {}

  @Answers(getSetup)
  async describe(@Req() request: Request): Promise<SetupState> {
    const providers = await this.providers.buttons();
    return { ...(await this.setup.describe()), providers, isSignedIn: principalOf(request) !== undefined };
  }

  @Answers(createOwner)
  async createOwner(
    @Input() { body }: InputOf<typeof createOwner>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Me> {
    const from = { address: this.authenticator.address(request), userAgent: request.headers['user-agent'] ?? '' };
    const { token, me } = await this.setup.createOwner(body, from);
    response.append('set-cookie', this.authenticator.cookie.bring(token));
    return me;
  }
}
