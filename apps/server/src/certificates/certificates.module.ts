import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { DoorModule } from '../door/door.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { CertificateDoor } from './certificate-door.ts';
import { CertificatesController } from './certificates.controller.ts';
import { CertificatesService } from './certificates.service.ts';

@Module({
  imports: [AuditModule, DoorModule, SessionsModule],
  controllers: [CertificatesController],
  providers: [CertificateDoor, CertificatesService],
})
export class CertificatesModule {}
