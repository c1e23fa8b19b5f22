import type { FleetSample } from '@gantry/engine-api';
import type { Samples as SamplesReport } from '@gantry/link';
import { Injectable } from '@nestjs/common';
import { Fleet } from './fleet.ts';

/** The newest numbers of each container; older ones are gone (the history has them). */
@Injectable()
export class Samples {
  readonly #latest = new Map<number, FleetSample>();
  readonly #fresh = new Set<number>();

  constructor(private readonly fleet: Fleet) {
    fleet.changes.on('changed', (_, gone) => gone.forEach((key) => this.#latest.delete(key)));
  }

  /** That of the keys. */
  get epoch(): string {
    return this.fleet.epoch;
  }

  apply(host: string, { containers }: Pick<SamplesReport, 'containers'>): void {
    for (const { id, ...numbers } of containers) {
      const key = this.fleet.key(host, id);
      if (key === undefined) continue;
      this.#latest.set(key, { key, ...numbers });
      this.#fresh.add(key);
    }
  }

  /** A container that does not run has no numbers. */
  forget(key: number): void {
    this.#latest.delete(key);
  }

  get all(): FleetSample[] {
    return [...this.#latest.values()];
  }

  of(key: number): FleetSample | undefined {
    return this.#latest.get(key);
  }

  /** The keys whose numbers have come since the last call. */
  takeFresh(): ReadonlySet<number> {
    const fresh = new Set(this.#fresh);
    this.#fresh.clear();
    return fresh;
  }
}
