import { Module } from '@nestjs/common';
import { RightsModule } from '../access/rights.module.ts';
import { OidcModule } from '../oidc/oidc.module.ts';
import { PeopleModule } from '../people/people.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { FirstOwnerService } from './first-owner.service.ts';
import { SetupState } from './setup-state.ts';
import { SetupController } from './setup.controller.ts';
import { SetupService } from './setup.service.ts';

@Module({
  imports: [OidcModule, PeopleModule, RightsModule, SessionsModule],
  controllers: [SetupController],
  providers: [FirstOwnerService, SetupService, SetupState],
  exports: [SetupService, SetupState],
})
export class SetupModule {}
