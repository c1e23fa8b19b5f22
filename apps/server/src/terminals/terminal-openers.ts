import { Failure } from '@gantry/base';
import type { SessionKind } from '@gantry/engine-api';
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { AuditStore } from '../audit/audit.store.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { TokensService } from '../sessions/tokens.service.ts';
import { isOpeningOf, openedBy } from './terminal-openings.ts';

/** Who opened a terminal, as its host tells. */
export interface ToldOpening {
  readonly id: string;
  readonly kind: SessionKind;
  readonly host: string;
  readonly ownerId: string;
  /** Of the audit log, which opened it. */
  readonly request: string;
}

/** Who opened a terminal and with what. */
export interface Opener {
  readonly name: string;
  /** Aborts when the API token that opened it is good no more; undefined where it was none. */
  readonly ended?: AbortSignal;
}

const Details = z.object({ token: z.uuid().optional() });

/** Who opened which terminal and with what, by the audit log: hosts are not believed. */
@Injectable()
export class TerminalOpeners {
  constructor(
    private readonly audit: AuditStore,
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
  ) {}

  /** `forbidden` where the log does not say that they did. */
  async openerOf({ host: hostId, ownerId, ...told }: ToldOpening): Promise<Opener> {
    for (const action of openedBy[told.kind]) {
      const intent = await this.audit.intentOf({ request: told.request, action, hostId });
      if (intent?.userId !== ownerId || !isOpeningOf(told, intent.target)) continue;
      const { token } = Details.parse(intent.details);
      return { name: intent.who, ...(token === undefined ? {} : { ended: await this.tokens.ended(token) }) };
    }
    throw new Failure('forbidden', 'the audit log does not say that its owner has opened it');
  }

  /** Hears when everything of a person is ended: they were disabled or removed, or somebody gave them another password. */
  onEnded(hear: (userId: string) => void): Disposable {
    this.sessions.endings.on('all', hear);
    return { [Symbol.dispose]: () => void this.sessions.endings.off('all', hear) };
  }
}
