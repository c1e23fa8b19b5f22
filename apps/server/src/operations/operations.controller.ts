import { getCertificateAuthority, getHealth, getInstallation, getMetrics, getReadiness, type Installation } from '@gantry/contract';
import { Controller, Header } from '@nestjs/common';
import { Answers } from '../http/contract-row.ts';
import { OperationsService } from './operations.service.ts';

@Controller()
export class OperationsController {
  constructor(private readonly operations: OperationsService) {}

  @Answers(getHealth)
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Answers(getReadiness)
  ready(): Promise<{ status: 'ok' }> {
    return this.operations.ready();
  }

  @Answers(getMetrics)
  metrics(): string {
    return this.operations.text();
  }

  @Header('content-type', 'application/x-x509-ca-cert') // above the row, which says text
  @Answers(getCertificateAuthority)
  @Header('content-disposition', 'attachment; filename="gantry-ca.crt"')
  authority(): string {
    return this.operations.authority();
  }

  @Answers(getInstallation)
  installation(): Promise<Installation> {
    return this.operations.installation();
  }
}
