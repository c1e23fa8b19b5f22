import { createHash, type Hash } from 'node:crypto';
import { Failure } from '@gantry/base';

/** `sha256:` and 64 lower-case hex digits, or `sha512:` and 128: the content address of a blob. */
export type Digest = string & { readonly brand: 'digest' };

const shapes: Readonly<Record<string, RegExp>> = { sha256: /^[0-9a-f]{64}$/, sha512: /^[0-9a-f]{128}$/ };

/** The text as a digest; fails with `invalid` in the words of Docker's parser. */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  if (colon <= 0) throw new Failure('invalid', 'invalid checksum digest format');
  const shape = Object.hasOwn(shapes, algorithm) ? shapes[algorithm] : undefined;
  if (shape === undefined) throw new Failure('invalid', 'unsupported digest algorithm');
  const hex = text.slice(colon + 1);
  if (hex.length !== (algorithm === 'sha256' ? 64 : 128)) throw new Failure('invalid', 'invalid checksum digest length');
  if (!shape.test(hex)) throw new Failure('invalid', 'invalid checksum digest format');
  return text as Digest;
}

export function isDigest(text: string): text is Digest {
  return /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

/** The hex digits: a file name that cannot leave its directory. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The SHA-256 digest of these bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Counts and hashes what passes; with `expected` it also says whether that is what was promised. */
export class Digester {
  #sizeBytes = 0;
  readonly #algorithm: string;
  readonly #hash: Hash;

  constructor(algorithm = 'sha256') {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  update(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#hash.update(bytes);
  }

  /** Ends it. */
  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}` as Digest;
  }
}

/** What a blob must turn out to be. */
export interface ExpectedBlob {
  readonly digest: Digest;
  readonly sizeBytes?: number;
}

/** Fails with `invalid` and names both digests where they differ. */
export function checkDigest(what: string, expected: Digest, actual: Digest): void {
  if (expected === actual) return;
  throw new Failure('invalid', `${what} verification failed for digest ${expected}: got ${actual}`, { details: { expected, actual } });
}

/**
 * The same bytes, checked while they pass. The last chunk is out before the check ends: whoever writes them down must not make them
 * visible before this iteration ended well. Fails with `invalid` as soon as there are more bytes than promised, and at the end where the
 * size or the digest differs.
 */
export async function* verified(source: AsyncIterable<Uint8Array>, expected: ExpectedBlob): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = new Digester(algorithmOf(expected.digest));
  for await (const chunk of source) {
    digester.update(chunk);
    if (expected.sizeBytes !== undefined && digester.sizeBytes > expected.sizeBytes) {
      throw new Failure('invalid', `blob ${expected.digest} is longer than the ${expected.sizeBytes} bytes promised`);
    }
    yield chunk;
  }
  if (expected.sizeBytes !== undefined && digester.sizeBytes !== expected.sizeBytes) {
    throw new Failure('invalid', `blob ${expected.digest} has ${digester.sizeBytes} bytes instead of ${expected.sizeBytes}`);
  }
  checkDigest('filesystem layer', expected.digest, digester.digest());
}
