import { createHash, randomInt } from 'node:crypto';

/** Without letters and digits that are read as one another. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const codes = 10;
const groups = 4;
const groupLength = 4;

/** Ten codes of 78 random bits, in groups that one can type. */
export function makeRecoveryCodes(): string[] {
  const group = (): string => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: codes }, () => Array.from({ length: groups }, group).join('-'));
}

/** What is stored of a code; case, dashes and blanks do not matter. */
export function hashRecoveryCode(code: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(code.toUpperCase().replace(/[\s-]/g, '')).digest());
}
