import { Readable } from 'node:stream';
import { type AuditEntry, exportAudit, listAudit } from '@gantry/contract';
import { Controller, Req, StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { AuditReaders } from './audit-readers.ts';
import { filterOf } from './audit-filter.ts';
import { AuditService } from './audit.service.ts';

@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditService,
    private readonly readers: AuditReaders,
  ) {}

  @Answers(listAudit)
  list(@Input() { query }: InputOf<typeof listAudit>, @CurrentPrincipal() reader: Principal): Promise<AuditEntry[]> {
    const { before, limit, ...asked } = query;
    return this.audit.list(filterOf(asked, this.readers.hostsOf(reader, 'audit:view')), { before, limit });
  }

  @Answers(exportAudit)
  export(@Input() { query }: InputOf<typeof exportAudit>, @CurrentPrincipal() reader: Principal, @Req() request: Request): StreamableFile {
    const gone = new AbortController();
    request.once('close', () => gone.abort());
    const lines = this.audit.export(filterOf(query, this.readers.hostsOf(reader, 'audit:view')), gone.signal);
    return new StreamableFile(Readable.from(lines), { disposition: `attachment; filename="${fileName(new Date())}"` });
  }
}

function fileName(at: Date): string {
  return `gantry-audit-${at.toISOString().slice(0, 19).replaceAll(':', '')}Z.jsonl`;
}
