export interface LogLine {
  /** Never reused; lines that stood before the first one that came are numbered backwards from 0. */
  readonly number: number;
  readonly atMs: number | undefined;
  readonly isError: boolean;
  /** As it came, escapes included. */
  readonly text: string;
  /** Stands for so many lines that were skipped. */
  readonly skipped?: number;
}

type NewLine = Omit<LogLine, 'number'>;

/** How many lines a view keeps, and how many characters of them: a page must not grow without end, whatever a program writes. */
export const keptLines = 200_000;
const keptCharacters = 64 * 1024 ** 2;

/** The newest lines under a cap. Old ones go in blocks, so that adding stays cheap; how many went is exact. */
export class LogRing {
  readonly #capacity: number;
  readonly #block: number;
  #lines: LogLine[] = [];
  #characters = 0;
  /** The number of the first line that is kept, or that the next one will get. */
  #first = 1;
  /** The lowest number that was ever given. */
  #origin = 1;

  constructor(capacity: number = keptLines) {
    this.#capacity = capacity;
    this.#block = Math.max(1, Math.floor(capacity / 20));
  }

  get length(): number {
    return this.#lines.length;
  }

  /** The number of the line at index 0. */
  get first(): number {
    return this.#first;
  }

  /** Lines that came and are no longer kept. */
  get dropped(): number {
    return this.#first - this.#origin;
  }

  /** The place of a line among all that came: 1 for the oldest. */
  place(line: LogLine): number {
    return line.number - this.#origin + 1;
  }

  at(index: number): LogLine | undefined {
    return this.#lines[index];
  }

  slice(from: number, to: number): readonly LogLine[] {
    return this.#lines.slice(from, to);
  }

  push(lines: readonly NewLine[]): void {
    let number = this.#first + this.#lines.length;
    for (const line of lines) {
      this.#lines.push({ ...line, number: number++ });
      this.#characters += line.text.length;
    }
    const surplus = this.#lines.length - this.#capacity;
    if (surplus > 0) this.#drop(Math.ceil(surplus / this.#block) * this.#block);
    while (this.#characters > keptCharacters && this.#lines.length > 1) this.#drop(Math.ceil(this.#lines.length / 20));
  }

  /** Puts older lines in front, the newest of them if not all fit; none once lines have been dropped there. */
  prepend(lines: readonly NewLine[]): void {
    if (this.dropped > 0) return;
    const room = Math.max(0, this.#capacity - this.#lines.length);
    let characters = this.#characters;
    let from = lines.length;
    while (from > 0 && lines.length - from < room && characters < keptCharacters) characters += lines[--from]?.text.length ?? 0;
    const older = lines.slice(from);
    this.#first -= older.length;
    this.#origin = this.#first;
    this.#characters = characters;
    this.#lines = [...older.map((line, index) => ({ ...line, number: this.#first + index })), ...this.#lines];
  }

  clear(): void {
    this.#drop(this.#lines.length);
  }

  #drop(count: number): void {
    const gone = Math.min(count, this.#lines.length);
    for (let index = 0; index < gone; index++) this.#characters -= this.#lines[index]?.text.length ?? 0;
    this.#lines = this.#lines.slice(gone);
    this.#first += gone;
  }
}
