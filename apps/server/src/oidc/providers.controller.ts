import {
  checkIdentityProvider,
  createIdentityProvider,
  type IdentityProvider,
  listIdentityProviders,
  removeIdentityProvider,
  updateIdentityProvider,
} from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { Settings } from '../settings/settings.ts';
import { type DescribedProvider, ProvidersService } from './providers.service.ts';
import { returnAddressOf } from './return-address.ts';

@Controller()
export class ProvidersController {
  constructor(
    private readonly providers: ProvidersService,
    private readonly settings: Settings,
  ) {}

  @Answers(listIdentityProviders)
  async list(@Req() request: Request): Promise<IdentityProvider[]> {
    return (await this.providers.list()).map((provider) => this.#at(provider, request));
  }

  @Answers(createIdentityProvider)
  async add(
    @Input() { body }: InputOf<typeof createIdentityProvider>,
    @CurrentPrincipal() principal: Principal,
    @Req() request: Request,
  ): Promise<IdentityProvider> {
    return this.#at(await this.providers.add(body, principal), request);
  }

  @Answers(updateIdentityProvider)
  async replace(
    @Input() { params, body }: InputOf<typeof updateIdentityProvider>,
    @CurrentPrincipal() principal: Principal,
    @Req() request: Request,
  ): Promise<IdentityProvider> {
    return this.#at(await this.providers.replace(params.providerKey, body, principal), request);
  }

  @Answers(removeIdentityProvider)
  remove(@Input() { params }: InputOf<typeof removeIdentityProvider>, @CurrentPrincipal() principal: Principal): Promise<void> {
    return this.providers.remove(params.providerKey, principal);
  }

  @Answers(checkIdentityProvider)
  check(@Input() { params }: InputOf<typeof checkIdentityProvider>): Promise<{ isGood: boolean; problem?: string }> {
    return this.providers.check(params.providerKey);
  }

  #at(provider: DescribedProvider, request: Request): IdentityProvider {
    return { ...provider, returnAddress: returnAddressOf(this.settings.config, request, provider.key) };
  }
}
