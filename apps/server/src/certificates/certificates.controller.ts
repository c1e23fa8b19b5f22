import { createOwnCertificate, type NewCertificate, revokeCertificate } from '@gantry/contract';
import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { AuditService } from '../audit/audit.service.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { Authenticator } from '../sessions/authenticator.ts';
import type { Principal } from '../sessions/principal.ts';
import { CertificatesService } from './certificates.service.ts';

@Controller()
export class CertificatesController {
  constructor(
    private readonly certificates: CertificatesService,
    private readonly authenticator: Authenticator,
    private readonly audit: AuditService,
  ) {}

  @Answers(createOwnCertificate)
  make(
    @CurrentPrincipal() principal: Principal,
    @Req() request: Request,
    @Input() { body }: InputOf<typeof createOwnCertificate>,
  ): Promise<NewCertificate> {
    return this.certificates.make(principal, this.authenticator.address(request), body);
  }

  /** Nobody is signed in here: whose it was says the certificate. */
  @Answers(revokeCertificate)
  async revoke(@Req() request: Request, @Input() { body }: InputOf<typeof revokeCertificate>): Promise<void> {
    const principal = await this.certificates.revoke(body);
    if (!principal) return;
    const { name: who, userId, sessionId: target, certificate } = principal;
    const address = this.authenticator.address(request);
    const details = { certificate };
    await this.audit.note({ who, userId, action: revokeCertificate.name, target, address, outcome: 'done', details });
  }
}
