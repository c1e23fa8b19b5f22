import { Readable } from 'node:stream';
import { type AuditEntry, exportAudit, listAudit } from '@gantry/contract';
import { Controller, Req, type StreamableFile } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentPrincipal } from '../access/current-principal.ts';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import type { Principal } from '../sessions/principal.ts';
import { filterOf } from './audit-filter.ts';
import { AuditService } from './audit.service.ts';
import { HeldAnswers } from './held-answers.ts';

@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditService,
    private readonly held: HeldAnswers,
  ) {}

  @Answers(listAudit)
  list(@Input() { query }: InputOf<typeof listAudit>, @CurrentPrincipal() reader: Principal): Promise<AuditEntry[]> {
    const { before, limit, ...asked } = query;
    return this.audit.list(filterOf(asked, this.held.readers.hostsOf(reader, 'audit:view')), { before, limit });
  }

  @Answers(exportAudit)
  export(@Input() { query }: InputOf<typeof exportAudit>, @CurrentPrincipal() reader: Principal, @Req() request: Request): StreamableFile {
    const gone = new AbortController();
    request.once('close', () => gone.abort());
    const hosts = this.held.readers.hostsOf(reader, 'audit:view');
    const lines = Readable.from(this.audit.export(filterOf(query, hosts), gone.signal));
    lines.once('close', () => gone.abort());
    const disposition = `attachment; filename="${fileName(new Date())}"`;
    return this.held.answer({ stream: lines, disposition }, reader, () => this.held.readers.refuseLost(reader, 'audit:view', hosts));
  }
}

function fileName(at: Date): string {
  return `gantry-audit-${at.toISOString().slice(0, 19).replaceAll(':', '')}Z.jsonl`;
}
