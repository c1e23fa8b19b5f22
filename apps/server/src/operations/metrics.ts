import { Injectable } from '@nestjs/common';

interface Gauge {
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  readonly read: () => number;
}

/** Numbers that features offer, in the text format of Prometheus. */
@Injectable()
export class Metrics {
  readonly #gauges = new Map<string, Gauge>();

  /** Offers a number that is read when somebody asks. The name has its unit: `gantry_hosts`, `gantry_process_resident_memory_bytes`. */
  offer(name: string, gauge: Gauge): void {
    this.#gauges.set(name, gauge);
  }

  /** Offers a number that only grows. */
  counter(name: string, help: string): { add(amount?: number): void } {
    let value = 0;
    this.offer(name, { help, kind: 'counter', read: () => value });
    return { add: (amount = 1) => void (value += amount) };
  }

  text(): string {
    const blocks = [...this.#gauges].map(
      ([name, { help, kind, read }]) => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name} ${read()}\n`,
    );
    return blocks.join('');
  }
}
