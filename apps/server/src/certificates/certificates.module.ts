import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { DoorModule } from '../door/door.module.ts';
import { HostsModule } from '../hosts/hosts.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { CertificateDoor } from './certificate-door.ts';
import { CertificatesController } from './certificates.controller.ts';
import { CertificatesService } from './certificates.service.ts';
import { LoginRequestsController } from './login-requests.controller.ts';
import { LoginChecks, LoginGifts, LoginRequestsService } from './login-requests.service.ts';
import { WaitingLogins } from './waiting-logins.ts';

@Module({
  imports: [AuditModule, DoorModule, HostsModule, SessionsModule],
  controllers: [CertificatesController, LoginRequestsController],
  providers: [CertificateDoor, CertificatesService, LoginChecks, LoginGifts, LoginRequestsService, WaitingLogins],
})
export class CertificatesModule {}
