export interface LogLine {
  /** Counts from 1 since the view was opened; never reused. */
  readonly number: number;
  readonly atMs: number | undefined;
  readonly isError: boolean;
  /** As it came, escapes included. */
  readonly text: string;
}

/** How many lines a view keeps. */
export const keptLines = 200_000;

/** The newest lines under a cap. Old ones go in blocks, so that adding stays cheap; how many went is exact. */
export class LogRing {
  readonly #capacity: number;
  readonly #block: number;
  #lines: LogLine[] = [];
  #dropped = 0;

  constructor(capacity: number = keptLines) {
    this.#capacity = capacity;
    this.#block = Math.max(1, Math.floor(capacity / 20));
  }

  get length(): number {
    return this.#lines.length;
  }

  /** Lines that came and are no longer kept. */
  get dropped(): number {
    return this.#dropped;
  }

  at(index: number): LogLine | undefined {
    return this.#lines[index];
  }

  /** The kept lines from an index on; what it gives is not to be changed. */
  from(index: number): readonly LogLine[] {
    return this.#lines.slice(index);
  }

  push(lines: readonly Omit<LogLine, 'number'>[]): void {
    let number = this.#dropped + this.#lines.length;
    for (const line of lines) this.#lines.push({ ...line, number: ++number });
    if (this.#lines.length <= this.#capacity) return;
    const surplus = Math.min(this.#lines.length, Math.ceil((this.#lines.length - this.#capacity) / this.#block) * this.#block);
    this.#lines = this.#lines.slice(surplus);
    this.#dropped += surplus;
  }

  clear(): void {
    this.#dropped += this.#lines.length;
    this.#lines = [];
  }
}
