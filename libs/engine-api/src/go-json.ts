import { Failure } from '@gantry/base';
import { contentAfterJson, emptyBody, invalidJson } from './messages.ts';

/**
 * JSON as Go's decoder sees it: an object keeps its members in order, duplicates included, because Go lets a later member of the same name (in any
 * case) merge into an earlier one. The guard refuses such duplicates; `decodeGo` merges them.
 */
export type GoJson = string | number | boolean | null | readonly GoJson[] | GoObject;

export interface GoObject {
  readonly members: readonly (readonly [name: string, value: GoJson])[];
}

/** Deeper documents are refused (Go's own limit is 10,000). */
export const deepestJson = 512;

export const isGoObject = (value: GoJson): value is GoObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one document. Fails with `invalid` in the words of Go's decoder. */
export function parseGoJson(text: string): GoJson {
  const reader = new Reader(text);
  reader.skipSpace();
  if (reader.isAtEnd()) throw new Failure('invalid', emptyBody);
  const value = reader.value(0);
  reader.skipSpace();
  if (!reader.isAtEnd()) throw new Failure('invalid', contentAfterJson);
  return value;
}

const space = /[ \t\r\n]*/y;
const numeral = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- JSON forbids exactly these in a string.
const stringLiteral = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const literals = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipSpace(): void {
    this.#match(space);
  }

  value(depth: number): GoJson {
    if (depth > deepestJson) throw new Failure('invalid', invalidJson('exceeded max depth'));
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string('in string literal');
    return this.#literal();
  }

  #object(depth: number): GoObject {
    const members: [string, GoJson][] = [];
    this.#at += 1;
    if (this.#skipTo('}')) return { members };
    do {
      this.skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const name = this.#string('in string literal');
      if (!this.#skipTo(':')) throw this.#unexpected('after object key');
      this.skipSpace();
      members.push([name, this.value(depth + 1)]);
    } while (this.#skipTo(','));
    if (!this.#skipTo('}')) throw this.#unexpected('after object key:value pair');
    return { members };
  }

  #array(depth: number): GoJson[] {
    const elements: GoJson[] = [];
    this.#at += 1;
    if (this.#skipTo(']')) return elements;
    do {
      this.skipSpace();
      elements.push(this.value(depth + 1));
    } while (this.#skipTo(','));
    if (!this.#skipTo(']')) throw this.#unexpected('after array element');
    return elements;
  }

  #string(where: string): string {
    const literal = this.#match(stringLiteral);
    if (literal === undefined) throw this.#brokenString(where);
    return JSON.parse(literal) as string;
  }

  #literal(): number | boolean | null {
    const literal = literals.find(([word]) => word[0] === this.#text[this.#at]);
    if (literal) return this.#word(literal[0], literal[1]);
    const found = this.#match(numeral);
    if (found === undefined) throw this.#unexpected('looking for beginning of value');
    return Number(found);
  }

  #word<T>(word: string, value: T): T {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) throw this.#unexpected(`in literal ${word} (expecting ${quoted(expected)})`);
      this.#at += 1;
    }
    return value;
  }

  #skipTo(character: string): boolean {
    this.skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #brokenString(where: string): Failure {
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text.charAt(this.#at);
      if (character < ' ') return this.#unexpected(where);
      if (character === '\\') this.#at += 1;
    }
    return this.#unexpected(where);
  }

  #unexpected(where: string): Failure {
    if (this.isAtEnd()) return new Failure('invalid', invalidJson('unexpected EOF'));
    return new Failure('invalid', invalidJson(`invalid character ${quoted(this.#text.charAt(this.#at))} ${where}`));
  }
}

function quoted(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
