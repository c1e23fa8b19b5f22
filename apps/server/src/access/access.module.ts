import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { SetupModule } from '../setup/setup.module.ts';
import { AccessGuard } from './access.guard.ts';

@Module({
  imports: [AuditModule, SessionsModule, SetupModule],
  providers: [{ provide: APP_GUARD, useClass: AccessGuard }],
})
export class AccessModule {}
