import type { Readable } from 'node:stream';
import { Failure } from '@gantry/base';
import { Injectable, StreamableFile } from '@nestjs/common';
import { Standing } from '../access/standing.ts';
import type { Principal } from '../sessions/principal.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { AuditReaders } from './audit-readers.ts';

export interface LongAnswer {
  readonly stream: Readable;
  /** The header of that name. */
  readonly disposition?: string;
}

/** Answers that take a while to read: each goes on for as long as its reader may have it and is signed in. */
@Injectable()
export class HeldAnswers {
  constructor(
    private readonly standing: Standing,
    private readonly sessions: SessionsService,
    readonly readers: AuditReaders,
  ) {}

  /**
   * The stream as an answer. It is torn off, so that nobody takes it for whole, when `decideAgain` throws after a change of rights, and when the
   * session or token of the reader ends.
   */
  answer({ stream, disposition }: LongAnswer, { sessionId }: Pick<Principal, 'sessionId'>, decideAgain: () => void): StreamableFile {
    const hold = this.standing.hold(decideAgain);
    const ended = this.sessions.ended(sessionId);
    const end = (): void => {
      const why: unknown = hold.signal.aborted ? hold.signal.reason : ended.reason;
      stream.destroy(why instanceof Error ? why : new Failure('unauthenticated', `the session of the reader has ended: ${String(why)}`));
    };
    const signals = [hold.signal, ended];
    for (const signal of signals) signal.addEventListener('abort', end);
    stream.once('close', () => {
      hold[Symbol.dispose]();
      for (const signal of signals) signal.removeEventListener('abort', end);
    });
    stream.on('error', () => undefined); // one that fails before it is answered with is reported by the handler below
    if (signals.some(({ aborted }) => aborted)) end();
    // The reason is for the log; the reader sees the connection break.
    return new StreamableFile(stream, disposition === undefined ? {} : { disposition }).setErrorHandler((_, response) =>
      response.destroy?.(),
    );
  }
}
