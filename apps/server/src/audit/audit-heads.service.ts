import { Failure } from '@gantry/base';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { signHead } from './audit-head.ts';
import { AuditStore } from './audit.store.ts';
import { appendHead, headFileOf } from './head-file.ts';

const hourMs = 3_600_000;

/** Signs the end of the audit log at the start, each hour in which rows came, and at shutdown, into a file beside the data: `gantry audit verify` holds the log against it. */
@Injectable()
export class AuditHeads implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('audit');
  #signed: bigint | undefined;
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
    if (row.sequence === this.#signed) return;
    await appendHead(headFileOf(this.settings.config.dataRoot), signHead(row, this.settings.keys.identity));
    this.#signed = row.sequence;
  }

  #complain(thrown: unknown): void {
    this.#log.error(`the head of the audit log was not signed: ${Failure.from(thrown).message}`);
  }
}
