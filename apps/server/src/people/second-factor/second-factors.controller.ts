import {
  beginTotp,
  confirmTotp,
  getSecondFactors,
  type NewTotp,
  type RecoveryCodes,
  removeTotp,
  renewRecoveryCodes,
  type SecondFactors,
} from '@gantry/contract';
import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentPrincipal } from '../../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../../http/contract-row.ts';
import type { Principal } from '../../sessions/principal.ts';
import { Doorstep } from '../doorstep.ts';
import { SecondStepService } from './second-step.service.ts';
import { SecondFactorsService } from './second-factors.service.ts';

@Controller()
export class SecondFactorsController {
  constructor(
    private readonly factors: SecondFactorsService,
    private readonly secondStep: SecondStepService,
    private readonly doorstep: Doorstep,
  ) {}

  @Answers(getSecondFactors)
  describe(@CurrentPrincipal() principal: Principal): Promise<SecondFactors> {
    return this.secondStep.describe(principal);
  }

  @Answers(beginTotp)
  begin(@CurrentPrincipal() principal: Principal): Promise<NewTotp> {
    return this.factors.begin(principal);
  }

  @Answers(confirmTotp)
  async confirm(
    @CurrentPrincipal() principal: Principal,
    @Input() { body }: InputOf<typeof confirmTotp>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RecoveryCodes> {
    const codes = await this.factors.confirm(principal.userId, body.code);
    await this.doorstep.restart(principal, response);
    return codes;
  }

  @Answers(removeTotp)
  remove(@CurrentPrincipal() { userId }: Principal): Promise<void> {
    return this.factors.remove(userId);
  }

  @Answers(renewRecoveryCodes)
  renew(@CurrentPrincipal() { userId }: Principal): Promise<RecoveryCodes> {
    return this.factors.renewRecoveryCodes(userId);
  }
}
