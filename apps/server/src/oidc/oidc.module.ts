import { Module } from '@nestjs/common';
import { GivingModule } from '../access/giving.module.ts';
import { RightsModule } from '../access/rights.module.ts';
import { PeopleModule } from '../people/people.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { ArrivalsService } from './arrivals.service.ts';
import { IdentitiesStore } from './identities.store.ts';
import { MappedRightsStore } from './mapped-rights.store.ts';
import { OwnIdentitiesController } from './own-identities.controller.ts';
import { OwnIdentitiesService } from './own-identities.service.ts';
import { ProviderClients } from './provider-clients.ts';
import { ProviderDoorstep } from './provider-doorstep.ts';
import { ProviderEntranceService } from './provider-entrance.service.ts';
import { ProviderFlows } from './provider-flows.ts';
import { ProviderSignInController } from './provider-sign-in.controller.ts';
import { ProviderSignInService } from './provider-sign-in.service.ts';
import { ProvidersController } from './providers.controller.ts';
import { ProvidersService } from './providers.service.ts';
import { ProvidersStore } from './providers.store.ts';

/** Signing in with providers of OpenID Connect. */
@Module({
  imports: [GivingModule, PeopleModule, RightsModule, SessionsModule],
  controllers: [OwnIdentitiesController, ProviderSignInController, ProvidersController],
  providers: [
    ArrivalsService,
    IdentitiesStore,
    MappedRightsStore,
    OwnIdentitiesService,
    ProviderClients,
    ProviderDoorstep,
    ProviderEntranceService,
    ProviderFlows,
    ProviderSignInService,
    ProvidersService,
    ProvidersStore,
  ],
  exports: [ProvidersStore],
})
export class OidcModule {}
