import { beginOwnIdentity, listOwnIdentities, type OwnIdentity, removeOwnIdentity } from '@gantry/contract';
import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { OwnIdentitiesService } from './own-identities.service.ts';
import { ProviderDoorstep } from './provider-doorstep.ts';
import { ProviderSignInService } from './provider-sign-in.service.ts';

@Controller()
export class OwnIdentitiesController {
  constructor(
    private readonly identities: OwnIdentitiesService,
    private readonly signIn: ProviderSignInService,
    private readonly doorstep: ProviderDoorstep,
  ) {}

  @Answers(listOwnIdentities)
  list(@CurrentPrincipal() { userId }: Principal): Promise<OwnIdentity[]> {
    return this.identities.list(userId);
  }

  @Answers(beginOwnIdentity)
  async begin(
    @Input() { params: { providerKey } }: InputOf<typeof beginOwnIdentity>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ url: string }> {
    const here = this.doorstep.hereOf(response.req, providerKey);
    const { url, ticket } = await this.signIn.begin(providerKey, this.identities.purposeOf(principal), here);
    this.doorstep.giveTicket(ticket, response);
    return { url };
  }

  @Answers(removeOwnIdentity)
  remove(@CurrentPrincipal() { userId }: Principal, @Input() { params }: InputOf<typeof removeOwnIdentity>): Promise<void> {
    return this.identities.remove(params.identityId, userId);
  }
}
