import { randomInt } from 'node:crypto';

/** No vowels, so that no words come of it, and nothing that looks like something else. 20 letters: 34 bits in eight. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** As `BCDF-GHJK`. */
export function newLoginCode(): string {
  const code = Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}

/** A code however it was typed: small letters, without the dash, with spaces. */
export function plainLoginCode(typed: string): string {
  const code = typed.toUpperCase().replace(/[^A-Z]/g, '');
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}
