import { EventEmitter } from 'node:events';
import type { FleetChange } from '@gantry/engine-api';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Fleet } from './fleet.ts';
import type { PlainRow } from './plain-row.ts';
import { changeOf } from './row-change.ts';
import { Samples } from './samples.ts';

/** One change of the fleet, before anything is said about who may do what. */
export interface PlainMessage {
  readonly epoch: string;
  readonly sequence: number;
  readonly upserts: readonly PlainRow[];
  /** Rows that were told of before, as they are now, and what of them is new. */
  readonly changes: readonly { readonly row: PlainRow; readonly change: FleetChange }[];
  readonly gone: readonly number[];
}

interface Changes {
  message: [message: PlainMessage];
}

const gatherMs = 250;

/** The fleet's changes, gathered for 250 ms each, numbered without a gap. */
@Injectable()
export class FleetFeed implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly changes = new EventEmitter<Changes>();
  /** The rows as all messages so far have left them: what a change is a change of, and a snapshot of the same sequence holds. */
  readonly #told = new Map<number, PlainRow>();
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

  /** Every row as of `sequence`. */
  get rows(): Iterable<PlainRow> {
    return this.#told.values();
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

  /** What was stored is there by now, and nobody has asked yet. */
  onApplicationBootstrap(): void {
    for (const row of this.fleet.rows()) this.#told.set(row.key, row);
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const [upserts, changes]: [PlainRow[], PlainMessage['changes'][number][]] = [[], []];
    for (const row of [...this.#upserts].map((key) => this.fleet.row(key)).filter((one) => one !== undefined)) {
      if (row.state !== 'running' && row.state !== 'paused') this.samples.forget(row.key);
      const before = this.#told.get(row.key);
      const change = before && changeOf(before, row);
      if (!before) upserts.push(row);
      else if (change) changes.push({ row, change });
      this.#told.set(row.key, row);
    }
    const gone = [...this.#gone];
    for (const key of gone) this.#told.delete(key);
    this.#upserts.clear();
    this.#gone.clear();
    if (upserts.length + changes.length + gone.length === 0) return;
    this.changes.emit('message', { epoch: this.fleet.epoch, sequence: ++this.#sequence, upserts, changes, gone });
  }
}
