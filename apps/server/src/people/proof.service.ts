import { Injectable } from '@nestjs/common';
import type { Principal } from '../sessions/principal.ts';
import { AccountService } from './account.service.ts';
import { EntranceService } from './entrance.service.ts';
import { SecondFactorsService } from './second-factor/second-factors.service.ts';

/** Whoever is signed in proves again that it is them, for what is dangerous. */
@Injectable()
export class ProofService {
  constructor(
    private readonly account: AccountService,
    private readonly factors: SecondFactorsService,
    private readonly entrance: EntranceService,
  ) {}

  /** The new token of their session. `unauthenticated` where it is wrong, `exhausted` after too many tries. */
  async prove(principal: Principal, { password, code }: { password?: string | undefined; code?: string | undefined }): Promise<string> {
    if (code !== undefined) await this.factors.prove(principal.userId, code);
    else await this.account.provePassword(principal.userId, password ?? '');
    return this.entrance.renew(principal);
  }
}
