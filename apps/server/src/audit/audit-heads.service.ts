import { Failure } from '@gantry/base';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { type AuditHead, signHead } from './audit-head.ts';
import { AuditStore } from './audit.store.ts';
import { appendHead, headFileOf } from './head-file.ts';
import { tellHead } from './head-places.ts';

const hourMs = 3_600_000;

/**
 * Signs the end of the audit log at the start, each hour in which rows came, and at shutdown, into a file beside the data: `gantry audit verify` holds the log against
 * it. Where a second place is set, each goes there too; one that it did not take is told again an hour later.
 */
@Injectable()
export class AuditHeads implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('audit');
  #signed: bigint | undefined;
  /** Not taken yet by the second place. */
  #owed: AuditHead | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** One at a time: lines come in the order of their rows. */
  #signing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: AuditStore,
    private readonly settings: Settings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sign();
    this.#timer = setInterval(() => void this.sign(), hourMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.sign();
  }

  /** Signs the newest row where it is not signed yet. Never rejects: a server without a signed head serves, and says so. */
  sign(): Promise<void> {
    this.#signing = this.#signing.then(() => this.#sign()).catch((thrown: unknown) => this.#complain(thrown));
    return this.#signing;
  }

  async #sign(): Promise<void> {
    const row = await this.store.newest();
    if (row.sequence !== this.#signed) {
      const head = signHead(row, this.settings.keys.identity);
      await appendHead(headFileOf(this.settings.config.dataRoot), head);
      this.#signed = row.sequence;
      this.#owed = head;
    }
    await this.#tell();
  }

  /** The newest stands for those before it. */
  async #tell(): Promise<void> {
    const { auditHeadsTo } = this.settings.config;
    if (auditHeadsTo === undefined || this.#owed === undefined) return;
    try {
      await tellHead(auditHeadsTo, this.#owed);
      this.#owed = undefined;
    } catch (thrown) {
      this.#log.error(`the head of the audit log was not told to its second place: ${Failure.from(thrown).message}`);
    }
  }

  #complain(thrown: unknown): void {
    this.#log.error(`the head of the audit log was not signed: ${Failure.from(thrown).message}`);
  }
}
