import { createHash, randomBytes } from 'node:crypto';
import { Failure } from '@gantry/base';

/** What a person carries from the server to a host: one use or few, for a short time. */
export interface JoinCode {
  /** Names the code; not secret. */
  readonly id: string;
  /** 192 random bits, base64url; the server keeps only its hash. */
  readonly secret: string;
  /** Fingerprint of the server's identity key. */
  readonly pin: string;
}

const form = /^([A-Za-z0-9_-]{12})\.([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{43})$/;

/** A new join code for the server with this fingerprint. */
export function makeJoinCode(serverFingerprint: string): JoinCode {
  return { id: randomBytes(9).toString('base64url'), secret: randomBytes(24).toString('base64url'), pin: serverFingerprint };
}

/** The code as a person copies it. */
export function formatJoinCode({ id, secret, pin }: JoinCode): string {
  return `${id}.${secret}.${pin}`;
}

/** Reads a code as a person pasted it; `invalid` where it is none. The message never repeats the text. */
export function parseJoinCode(text: string): JoinCode {
  const [, id, secret, pin] = form.exec(text.trim()) ?? [];
  if (id === undefined || secret === undefined || pin === undefined) {
    throw new Failure('invalid', 'this is not a join code: expected three parts joined by dots, as "Add host" shows them');
  }
  return { id, secret, pin };
}

/** What the server stores of a secret. The secret is random and long, so one round of SHA-256 is enough. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
