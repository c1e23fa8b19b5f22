import { Failure } from '@gantry/base';
import { Injectable } from '@nestjs/common';
import { AuditStore } from '../audit/audit.store.ts';

/** Who opened a terminal, as its host tells. */
export interface ToldOpening {
  readonly id: string;
  readonly host: string;
  readonly ownerId: string;
  /** Of the audit log, which opened it. */
  readonly request: string;
}

/** Who opened which terminal, by the audit log: hosts are not believed. */
@Injectable()
export class TerminalOpeners {
  constructor(private readonly audit: AuditStore) {}

  /** The name of whoever opened it; `forbidden` where the log does not say that they did. */
  async nameOf({ id, host: hostId, ownerId, request }: ToldOpening): Promise<string> {
    const intent = await this.audit.intentOf({ request, action: 'SessionStart', hostId });
    if (intent?.userId !== ownerId || !intent.target.endsWith(`/gantry/sessions/${id}/start`))
      throw new Failure('forbidden', 'the audit log does not say that its owner has opened it');
    return intent.who;
  }
}
