import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.ts';
import { TokensService } from '../../sessions/tokens.service.ts';

/** Writes down which tokens were revoked because they came over a connection that others can read. */
@Injectable()
export class SeenInClearService implements OnModuleInit {
  constructor(
    private readonly tokens: TokensService,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.tokens.report(async ({ id, userId, user }, address) => {
      const details = { why: 'the token came over http' };
      await this.audit.note({ who: user.name, userId, action: 'revokeToken', target: id, address, outcome: 'done', details });
    });
  }
}
