import { Module } from '@nestjs/common';
import { GivingModule } from '../access/giving.module.ts';
import { RightsModule } from '../access/rights.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AccountController } from './account.controller.ts';
import { AccountService } from './account.service.ts';
import { AttemptsService } from './attempts.service.ts';
import { Doorstep } from './doorstep.ts';
import { EntranceService } from './entrance.service.ts';
import { InvitationsService } from './invitations.service.ts';
import { LoginService } from './login.service.ts';
import { OwnSessionsController } from './own-sessions.controller.ts';
import { PasskeyLoginService } from './passkeys/passkey-login.service.ts';
import { PasskeysController } from './passkeys/passkeys.controller.ts';
import { PasskeysService } from './passkeys/passkeys.service.ts';
import { PasskeysStore } from './passkeys/passkeys.store.ts';
import { PasswordLinksController } from './password-links.controller.ts';
import { PasswordLinksService } from './password-links.service.ts';
import { PasswordLinksStore } from './password-links.store.ts';
import { ProofService } from './proof.service.ts';
import { SecondStepService } from './second-factor/second-step.service.ts';
import { SecondFactorsController } from './second-factor/second-factors.controller.ts';
import { SecondFactorsService } from './second-factor/second-factors.service.ts';
import { SecondFactorsStore } from './second-factor/second-factors.store.ts';
import { SessionController } from './session.controller.ts';
import { SignInPolicyController } from './sign-in-policy.controller.ts';
import { SeenInClearService } from './tokens/seen-in-clear.service.ts';
import { TokensController } from './tokens/tokens.controller.ts';
import { TokensDeskService } from './tokens/tokens-desk.service.ts';
import { UsersController } from './users.controller.ts';
import { UsersService } from './users.service.ts';
import { UsersStore } from './users.store.ts';

@Module({
  imports: [AuditModule, GivingModule, RightsModule, SessionsModule],
  controllers: [
    AccountController,
    OwnSessionsController,
    PasskeysController,
    PasswordLinksController,
    SecondFactorsController,
    SessionController,
    SignInPolicyController,
    TokensController,
    UsersController,
  ],
  providers: [
    AccountService,
    AttemptsService,
    Doorstep,
    EntranceService,
    InvitationsService,
    LoginService,
    PasskeyLoginService,
    PasskeysService,
    PasskeysStore,
    PasswordLinksService,
    PasswordLinksStore,
    SecondFactorsService,
    SecondFactorsStore,
    SecondStepService,
    ProofService,
    SeenInClearService,
    TokensDeskService,
    UsersService,
    UsersStore,
  ],
  exports: [AttemptsService, Doorstep, EntranceService, SecondFactorsService, SecondStepService, UsersStore],
})
export class PeopleModule {}
