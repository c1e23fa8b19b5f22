import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { readIfPresent, writeDurably } from '@gantry/link';

/** Where a sealed value belongs: copied to another row, table or field it cannot be opened. */
export interface SealedPlace {
  readonly table: string;
  readonly id: string;
  readonly field: string;
}

interface MasterKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

type Keys = readonly [MasterKey, ...MasterKey[]];

const version = 1;
const keptKeys = 2;
const keyBytes = 32;
const idBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const wrappedBytes = nonceBytes + keyBytes + tagBytes;
const headBytes = 1 + idBytes;

/**
 * Seals secrets that the database keeps: AES-256-GCM with a key of its own for each value, which is sealed in turn with the key of the file (mode 0600).
 * Sealed are: version (1 byte), id of the file's key (4), nonce, wrapped key and tag (60), nonce, value and tag. The file has a key a line as base64; the
 * first one seals, the others still open what they sealed. It is read again before something is sealed, and where a key is not known: it may have been
 * rotated meanwhile.
 */
export class Sealer {
  readonly #file: string;
  #keys: Keys;

  private constructor(file: string, keys: Keys) {
    this.#file = file;
    this.#keys = keys;
  }

  /** Makes the file with a first key where there is none. `invalid` for a line that is no key. */
  static async open(file: string): Promise<Sealer> {
    const stored = linesOf((await readIfPresent(file)) ?? '');
    const lines = stored.length > 0 ? stored : [makeKey()];
    if (stored.length === 0) await writeDurably(file, `${lines.join('\n')}\n`);
    return new Sealer(file, parseAll(lines, file));
  }

  /** A new key in front of those that the file has; from then on it seals. `invalid` for a line that is no key. */
  static async addKey(file: string): Promise<Sealer> {
    const lines = linesOf(await readFile(file, 'utf8'));
    parseAll(lines, file);
    await writeDurably(file, `${[makeKey(), ...lines].join('\n')}\n`);
    return Sealer.open(file);
  }

  /** Leaves the key that seals and the one before it, with which a server may have sealed something at this very moment. */
  static async dropOldKeys(file: string): Promise<void> {
    const lines = linesOf(await readFile(file, 'utf8'));
    if (lines.length > keptKeys) await writeDurably(file, `${lines.slice(0, keptKeys).join('\n')}\n`);
  }

  seal(value: Uint8Array, place: SealedPlace): Uint8Array<ArrayBuffer> {
    this.#readAgain();
    const [{ id, key: master }] = this.#keys;
    const key = randomBytes(keyBytes);
    const bound = boundTo(place);
    return new Uint8Array(Buffer.concat([Buffer.from([version]), id, encrypt(key, master, bound), encrypt(value, key, bound)]));
  }

  /** `internal` for what was not sealed by one of the keys for this very place, or was changed. */
  open(sealed: Uint8Array, place: SealedPlace): Buffer {
    const bytes = Buffer.from(sealed);
    if (!this.#keyOf(bytes)) this.#readAgain();
    const master = this.#keyOf(bytes);
    const name = `${place.field} of ${place.table} ${place.id}`;
    if (bytes[0] !== version || !master) throw new Failure('internal', `${name} was sealed with a key that this server does not have`);
    try {
      const bound = boundTo(place);
      const key = decrypt(bytes.subarray(headBytes, headBytes + wrappedBytes), master.key, bound);
      return decrypt(bytes.subarray(headBytes + wrappedBytes), key, bound);
    } catch (cause) {
      throw new Failure('internal', `${name} cannot be opened`, { cause });
    }
  }

  #keyOf(sealed: Buffer): MasterKey | undefined {
    return this.#keys.find(({ id }) => id.equals(sealed.subarray(1, headBytes)));
  }

  /** A file that cannot be read at this moment, or is none, leaves the keys as they are. */
  #readAgain(): void {
    try {
      this.#keys = parseAll(linesOf(readFileSync(this.#file, 'utf8')), this.#file);
    } catch {
      return;
    }
  }
}

function makeKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function parseAll(lines: readonly string[], file: string): Keys {
  const [first, ...others] = lines.map((line, index) => parse(line, `line ${index + 1} of ${file}`));
  if (!first) throw new Failure('internal', `${file} holds no key`);
  return [first, ...others];
}

function parse(line: string, name: string): MasterKey {
  const key = Buffer.from(line.trim(), 'base64');
  if (key.length !== keyBytes) throw new Failure('invalid', `${name} is no key: ${keyBytes} bytes as base64 are expected`);
  return { key, id: createHash('sha256').update(key).digest().subarray(0, idBytes) };
}

/** A list of its parts, so that no two places have one text. */
function boundTo({ table, id, field }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify([table, id, field]));
}

function encrypt(value: Uint8Array, key: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(sealed: Buffer, key: Buffer, bound: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes }).setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}
