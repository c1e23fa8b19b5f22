import { Module } from '@nestjs/common';
import { RightsModule } from '../access/rights.module.ts';
import { Authenticator } from './authenticator.ts';
import { SessionsService } from './sessions.service.ts';
import { SessionsStore } from './sessions.store.ts';
import { ThrottleService } from './throttle.service.ts';
import { ThrottleStore } from './throttle.store.ts';

@Module({
  imports: [RightsModule],
  providers: [Authenticator, SessionsService, SessionsStore, ThrottleService, ThrottleStore],
  exports: [Authenticator, SessionsService, ThrottleService],
})
export class SessionsModule {}
