import { EventEmitter } from 'node:events';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Fleet } from './fleet.ts';
import type { PlainRow } from './plain-row.ts';
import { Samples } from './samples.ts';

/** One change of the fleet, before anything is said about who may do what. */
export interface PlainMessage {
  readonly epoch: string;
  readonly sequence: number;
  readonly upserts: readonly PlainRow[];
  readonly gone: readonly number[];
}

interface Changes {
  message: [message: PlainMessage];
}

const gatherMs = 250;

/** The fleet's changes, gathered for 250 ms each, numbered without a gap. */
@Injectable()
export class FleetFeed implements OnModuleInit, OnModuleDestroy {
  readonly changes = new EventEmitter<Changes>();
  readonly #upserts = new Set<number>();
  readonly #gone = new Set<number>();
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly fleet: Fleet,
    readonly samples: Samples,
  ) {}

  get sequence(): number {
    return this.#sequence;
  }

  onModuleInit(): void {
    this.fleet.changes.on('changed', (upserts, gone) => {
      for (const key of upserts) this.#upserts.add(key);
      for (const key of gone) {
        this.#upserts.delete(key);
        this.#gone.add(key);
      }
      this.#timer ??= setTimeout(() => this.#flush(), gatherMs);
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const upserts = [...this.#upserts].map((key) => this.fleet.row(key)).filter((row) => row !== undefined);
    for (const { key, state } of upserts) if (state !== 'running' && state !== 'paused') this.samples.forget(key);
    const message = { epoch: this.fleet.epoch, sequence: ++this.#sequence, upserts, gone: [...this.#gone] };
    this.#upserts.clear();
    this.#gone.clear();
    this.changes.emit('message', message);
  }
}
