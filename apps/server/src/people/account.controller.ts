import { changePassword, type Preferences, proveIdentity, updatePreferences } from '@gantry/contract';
import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { AccountService } from './account.service.ts';
import { Doorstep } from './doorstep.ts';
import { ProofService } from './proof.service.ts';

@Controller()
export class AccountController {
  constructor(
    private readonly account: AccountService,
    private readonly proofs: ProofService,
    private readonly doorstep: Doorstep,
  ) {}

  @Answers(updatePreferences)
  prefer(@CurrentPrincipal() { userId }: Principal, @Input() { body }: InputOf<typeof updatePreferences>): Promise<Preferences> {
    return this.account.updatePreferences(userId, body);
  }

  @Answers(changePassword)
  async changePassword(
    @CurrentPrincipal() principal: Principal,
    @Input() { body }: InputOf<typeof changePassword>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.account.changePassword(principal.userId, body);
    await this.doorstep.restart(principal, response);
  }

  @Answers(proveIdentity)
  async prove(
    @CurrentPrincipal() principal: Principal,
    @Input() { body }: InputOf<typeof proveIdentity>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    this.doorstep.bring(await this.proofs.prove(principal, body), response);
  }
}
