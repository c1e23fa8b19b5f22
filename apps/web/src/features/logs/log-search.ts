import type { LogRing } from './log-ring.ts';
import { plainText } from './sgr.ts';

/** Says where a text has what is looked for; the ranges do not overlap. */
export type Finder = (text: string) => readonly { readonly from: number; readonly to: number }[];

const mostInLine = 100;

/** A plain word (case aside), or a regular expression between slashes; undefined for nothing or for one that is not valid. */
export function finderOf(wanted: string): Finder | undefined {
  if (!wanted) return undefined;
  const [, source] = /^\/(.+)\/i?$/.exec(wanted) ?? [];
  if (source === undefined) return wordFinder(wanted.toLowerCase());
  try {
    return patternFinder(new RegExp(source, 'gi'));
  } catch {
    return undefined;
  }
}

function wordFinder(wanted: string): Finder {
  return (text) => {
    const lower = text.toLowerCase();
    const found = [];
    for (let at = lower.indexOf(wanted); at >= 0 && found.length < mostInLine; at = lower.indexOf(wanted, at + wanted.length)) {
      found.push({ from: at, to: at + wanted.length });
    }
    return found;
  };
}

function patternFinder(pattern: RegExp): Finder {
  return (text) => {
    const found = [];
    for (const { index, 0: match } of text.matchAll(pattern)) {
      if (match) found.push({ from: index, to: index + match.length });
      if (found.length >= mostInLine) break;
    }
    return found;
  };
}

const looksAtClock = 200;

/** The numbers of the lines that match, kept up as lines come and go. */
export class LogMatches {
  readonly #ring: LogRing;
  readonly #find: Finder;
  #numbers: number[] = [];
  #next: number;

  constructor(ring: LogRing, find: Finder) {
    this.#ring = ring;
    this.#find = find;
    this.#next = ring.first;
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Forgets what is gone and looks further for so long; true when everything has been looked through. */
  advance(budgetMs = Infinity): boolean {
    const { first, length } = this.#ring;
    const firstKept = this.#numbers.findIndex((number) => number >= first);
    if (firstKept !== 0) this.#numbers = firstKept < 0 ? [] : this.#numbers.slice(firstKept);
    const end = performance.now() + budgetMs;
    let index = Math.max(0, this.#next - first);
    for (; index < length; index++) {
      if (index % looksAtClock === 0 && performance.now() > end) break;
      const line = this.#ring.at(index);
      if (line && this.#find(plainText(line.text)).length) this.#numbers.push(line.number);
    }
    this.#next = first + index;
    return index >= length;
  }
}
