import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { Failure } from '@gantry/base';
import { readIfPresent, writeDurably } from './durable-file.ts';

/** An Ed25519 key pair that names one side of the link; the private half never leaves this object. */
export class Identity {
  /** The raw public key, base64url (43 characters). */
  readonly publicKey: string;
  /** SHA-256 of the raw public key, base64url (43 characters): the pin in a join code. */
  readonly fingerprint: string;
  readonly #key: KeyObject;

  private constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = createPublicKey(key).export({ format: 'jwk' }).x ?? '';
    this.fingerprint = fingerprintOf(this.publicKey);
  }

  /** A new pair that is kept nowhere. */
  static generate(): Identity {
    return new Identity(generateKeyPairSync('ed25519').privateKey);
  }

  /** The pair in a PEM file (PKCS#8, mode 0600), made there where it is missing. A file that holds no Ed25519 key is `invalid`. */
  static async open(path: string): Promise<Identity> {
    const stored = await readIfPresent(path);
    if (stored !== undefined) return new Identity(readKey(path, stored));
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return new Identity(privateKey);
  }

  /** The signature of a text, base64url. */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#key).toString('base64url');
  }
}

/** SHA-256 of a raw public key, base64url. */
export function fingerprintOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64url');
}

/** Whether the owner of the public key signed this text; false for anything malformed. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

function readKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new Failure('invalid', `${path} holds no private key`, { cause });
  }
  throw new Failure('invalid', `${path} holds no Ed25519 key`);
}
