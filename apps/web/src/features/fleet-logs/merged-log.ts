import { finderOf } from '../logs/log-search.ts';
import { plainText } from '../logs/sgr.ts';
import { type LogLevel, readLine } from './read-line.ts';

/** A line of one container among those of all. */
export interface MergedLine {
  readonly number: number;
  readonly atMs: number;
  /** Which of the containers. */
  readonly source: number;
  readonly isError: boolean;
  readonly level: LogLevel | undefined;
  readonly text: string;
  readonly fields: string;
  /** No line: so many of this container should have stood here. */
  readonly skipped?: number;
}

export interface LineFilter {
  /** Words, or `/pattern/`; '' for everything. */
  readonly wanted: string;
  /** None: all of them, and lines that tell no level. */
  readonly levels: readonly LogLevel[];
}

export interface GivenLine {
  readonly atMs: number | undefined;
  readonly isError: boolean;
  readonly text: string;
  /** So many lines should have stood here: the person chose live over complete, and the way was too slow for them. */
  readonly skipped?: number;
}

/** So many are kept; of more the oldest go, a twentieth at a time: taking a few off the front of so many is as dear as taking many. */
export const keptMerged = 200_000;

/**
 * The logs of many containers as one, in the order of their times, however late a line comes in; equal times keep the order in which they came. What the
 * filter lets through is kept up beside it; what says that lines are missing passes every filter, as nobody knows whether they would have.
 */
export class MergedLog {
  readonly #kept: number;
  readonly #block: number;
  #lines: MergedLine[] = [];
  #shown: MergedLine[] = [];
  #isShown: (line: MergedLine) => boolean = () => true;
  /** The last time that each container told. */
  readonly #lastOf = new Map<number, number>();
  #next = 0;
  #dropped = 0;

  constructor(kept = keptMerged) {
    this.#kept = kept;
    this.#block = Math.max(1, Math.floor(kept / 20));
  }

  get total(): number {
    return this.#lines.length;
  }

  get shown(): number {
    return this.#shown.length;
  }

  /** How many are no longer kept. */
  get dropped(): number {
    return this.#dropped;
  }

  add(source: number, lines: readonly GivenLine[]): void {
    const fresh = lines.map((line) => this.#mergedOf(source, line));
    fresh.sort((a, b) => a.atMs - b.atMs);
    mergeInto(this.#lines, fresh);
    mergeInto(
      this.#shown,
      fresh.filter((line) => this.#isShown(line)),
    );
    const over = this.#lines.length - this.#kept;
    if (over > 0) this.#drop(Math.ceil(over / this.#block) * this.#block);
  }

  /** What tells no time stands where it came: behind the last line of its container. */
  #mergedOf(source: number, { atMs = this.#lastOf.get(source) ?? this.#lines.at(-1)?.atMs ?? 0, ...line }: GivenLine): MergedLine {
    this.#lastOf.set(source, atMs);
    const { isError, skipped } = line;
    const place = { number: this.#next++, atMs, source, isError };
    return skipped ? { ...place, level: undefined, text: '', fields: '', skipped } : { ...place, ...readLine(plainText(line.text)) };
  }

  filter({ wanted, levels }: LineFilter): void {
    const find = finderOf(wanted);
    const said = ({ level, text, fields }: MergedLine): string => `${level ?? ''} ${text} ${fields}`;
    this.#isShown = (line) =>
      line.skipped !== undefined ||
      ((levels.length === 0 || (line.level !== undefined && levels.includes(line.level))) &&
        (find === undefined || find(said(line)).length > 0));
    this.#shown = this.#lines.filter((line) => this.#isShown(line));
  }

  slice(from: number, to: number): readonly MergedLine[] {
    return this.#shown.slice(from, to);
  }

  /** The first shown line of this time or later. */
  indexAt(atMs: number): number {
    return firstAfter(this.#shown, atMs - 1);
  }

  clear(): void {
    this.#lines = [];
    this.#shown = [];
    this.#dropped = 0;
  }

  #drop(count: number): void {
    const gone = new Set(this.#lines.splice(0, count).map(({ number }) => number));
    const firstKept = this.#shown.findIndex(({ number }) => !gone.has(number));
    this.#shown.splice(0, firstKept < 0 ? this.#shown.length : firstKept);
    this.#dropped += gone.size;
  }
}

/** Both in order; what is later than the first of the new ones is taken out and put back between them. */
function mergeInto(lines: MergedLine[], fresh: readonly MergedLine[]): void {
  const [first] = fresh;
  if (!first) return;
  const later = lines.splice(firstAfter(lines, first.atMs));
  let at = 0;
  for (const line of fresh) {
    while (at < later.length && (later[at]?.atMs ?? 0) <= line.atMs) lines.push(later[at++] as MergedLine);
    lines.push(line);
  }
  for (; at < later.length; at++) lines.push(later[at] as MergedLine);
}

function firstAfter(lines: readonly MergedLine[], atMs: number): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((lines[middle]?.atMs ?? 0) <= atMs) from = middle + 1;
    else to = middle;
  }
  return from;
}
