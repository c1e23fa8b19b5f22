import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as base64url: 43 characters. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token: it is random enough that a fast hash keeps it. */
export function tokenHash(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}
