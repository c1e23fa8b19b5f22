import { Injectable } from '@nestjs/common';
import { AuditService, type Deed, type Ending } from '../audit/audit.service.ts';
import { type Allowance, ThrottleService } from '../sessions/throttle.service.ts';

/** What anybody may try: each try is counted before it is made, and written down with how it ended. */
@Injectable()
export class AttemptsService {
  constructor(
    private readonly throttle: ThrottleService,
    private readonly audit: AuditService,
  ) {}

  /** Counts a try; `exhausted` with `retryAfterSeconds` where there were too many. Under way until disposed. */
  enter(allowances: readonly Allowance[]): Promise<Disposable> {
    return this.throttle.enter(allowances);
  }

  /** The try was good, and there is nothing to write down. */
  forgive(allowances: readonly Allowance[]): Promise<void> {
    return this.throttle.forgive(allowances);
  }

  note(deed: Deed & Ending): Promise<void> {
    return this.audit.note(deed);
  }

  async succeeded(allowances: readonly Allowance[], deed: Deed): Promise<void> {
    await this.audit.note({ ...deed, outcome: 'done' });
    await this.throttle.forgive(allowances);
  }

  async failed(deed: Deed): Promise<void> {
    await this.audit.note({ ...deed, outcome: 'denied' });
  }
}
