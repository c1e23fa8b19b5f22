import { Injectable } from '@nestjs/common';
import { AuditService, type Deed } from '../audit/audit.service.ts';
import { type Allowance, ThrottleService } from '../sessions/throttle.service.ts';

/** What anybody may try: each try is counted before it is made, and written down with how it ended. */
@Injectable()
export class AttemptsService {
  constructor(
    private readonly throttle: ThrottleService,
    private readonly audit: AuditService,
  ) {}

  /** Counts a try; `exhausted` with `retryAfterSeconds` where there were too many. */
  enter(allowances: readonly Allowance[]): Promise<void> {
    return this.throttle.enter(allowances);
  }

  async succeeded(allowances: readonly Allowance[], deed: Deed): Promise<void> {
    await this.audit.note({ ...deed, outcome: 'done' });
    await this.throttle.forgive(allowances);
  }

  async failed(deed: Deed): Promise<void> {
    await this.audit.note({ ...deed, outcome: 'denied' });
  }
}
