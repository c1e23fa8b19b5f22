import { Module } from '@nestjs/common';
import { RightsModule } from '../access/rights.module.ts';
import { SettingsStore } from '../settings/settings.store.ts';
import { Authenticator } from './authenticator.ts';
import { Credentials } from './credentials.ts';
import { SessionLimitsService } from './session-limits.service.ts';
import { SessionsService } from './sessions.service.ts';
import { SessionsStore } from './sessions.store.ts';
import { SignInPolicyService } from './sign-in-policy.service.ts';
import { ThrottleService } from './throttle.service.ts';
import { ThrottleStore } from './throttle.store.ts';
import { TokensService } from './tokens.service.ts';
import { TokensStore } from './tokens.store.ts';

@Module({
  imports: [RightsModule],
  providers: [
    Authenticator,
    Credentials,
    SessionLimitsService,
    SessionsService,
    SessionsStore,
    SettingsStore,
    SignInPolicyService,
    ThrottleService,
    ThrottleStore,
    TokensService,
    TokensStore,
  ],
  exports: [Authenticator, SessionLimitsService, SessionsService, SignInPolicyService, ThrottleService, TokensService],
})
export class SessionsModule {}
