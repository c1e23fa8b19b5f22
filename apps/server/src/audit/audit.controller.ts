import { type AuditEntry, listAudit } from '@gantry/contract';
import { Controller } from '@nestjs/common';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { AuditService } from './audit.service.ts';

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Answers(listAudit)
  list(@Input() { query }: InputOf<typeof listAudit>): Promise<AuditEntry[]> {
    return this.audit.list(query);
  }
}
