import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { readIfPresent, writeDurably } from '@gantry/link';

/** Without letters and digits that are read as one another. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const groups = 5;
const groupLength = 5;

/** The code that makes somebody the owner: 122 random bits in a file of mode 0600, until there is an owner. */
export class SetupCode {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The code, made where there is none yet; the same one until it is removed. */
  async load(): Promise<string> {
    const stored = (await readIfPresent(this.#file))?.trim();
    if (stored) return stored;
    const code = make();
    await writeDurably(this.#file, `${code}\n`);
    return code;
  }

  /** Compares without regard to case and dashes, in a time that says nothing. */
  async isRight(given: string): Promise<boolean> {
    const stored = (await readIfPresent(this.#file))?.trim();
    return stored !== undefined && stored !== '' && timingSafeEqual(digest(given), digest(stored));
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

function make(): string {
  const group = (): string => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

function digest(code: string): Buffer {
  return createHash('sha256').update(code.toUpperCase().replace(/[\s-]/g, '')).digest();
}
