import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { StandingModule } from '../access/standing.module.ts';
import { HostDirectoryModule } from '../hosts/host-directory.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AuditHeads } from './audit-heads.service.ts';
import { AuditController } from './audit.controller.ts';
import { AuditInterceptor } from './audit.interceptor.ts';
import { AuditReaders } from './audit-readers.ts';
import { AuditService } from './audit.service.ts';
import { AuditStore } from './audit.store.ts';
import { HeldAnswers } from './held-answers.ts';

@Module({
  imports: [HostDirectoryModule, SessionsModule, StandingModule],
  controllers: [AuditController],
  providers: [AuditHeads, AuditReaders, AuditService, AuditStore, HeldAnswers, { provide: APP_INTERCEPTOR, useClass: AuditInterceptor }],
  exports: [AuditReaders, AuditService, AuditStore, HeldAnswers],
})
export class AuditModule {}
