import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AuditController } from './audit.controller.ts';
import { AuditInterceptor } from './audit.interceptor.ts';
import { AuditService } from './audit.service.ts';
import { AuditStore } from './audit.store.ts';

@Module({
  imports: [SessionsModule],
  controllers: [AuditController],
  providers: [AuditService, AuditStore, { provide: APP_INTERCEPTOR, useClass: AuditInterceptor }],
  exports: [AuditService, AuditStore],
})
export class AuditModule {}
