import { rm } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { writeDurably } from '@gantry/link';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../settings/settings.ts';
import { JoinCodesService } from './join-codes.service.ts';
import { JoinCodesStore } from './join-codes.store.ts';

const lookEveryMs = 1_000;
const renewAfterMs = 30 * 60_000;
const wanted = { uses: 1, expiresInMinutes: 60, needsApproval: false, labels: {} } as const;

/** Keeps a join code for the agent of the server's own machine in a file that only root reads, until that agent has joined. */
@Injectable()
export class LocalJoinCode implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('local join code');
  #timer: NodeJS.Timeout | undefined;
  #writtenAtMs = -Infinity;

  constructor(
    private readonly settings: Settings,
    private readonly codes: JoinCodesService,
    private readonly store: JoinCodesStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const file = this.settings.config.localJoinCodeFile;
    if (file === undefined || (await this.#renew(file))) return;
    this.#timer = setInterval(() => {
      this.#renew(file).then(
        (isDone) => isDone && clearInterval(this.#timer),
        (thrown: unknown) => this.#log.error(`${file}: ${Failure.from(thrown).message}`),
      );
    }, lookEveryMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** True when the agent has joined, and there is nothing left to do. */
  async #renew(file: string): Promise<boolean> {
    if (await this.store.hasLocalHost()) {
      await rm(file, { force: true });
      return true;
    }
    if (performance.now() - this.#writtenAtMs < renewAfterMs) return false;
    await this.store.removeUnusedLocal();
    await writeDurably(file, `${(await this.codes.make(wanted, true)).code}\n`);
    this.#writtenAtMs = performance.now();
    return false;
  }
}
