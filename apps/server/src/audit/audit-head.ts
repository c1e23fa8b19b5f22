import { type Identity, isSignedBy } from '@gantry/link';
import * as z from 'zod';

const base64url = z.string().regex(/^[\w-]+$/);

const StoredHead = z.strictObject({
  sequence: z.int().nonnegative(),
  /** Of the row, 64 hex digits. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  /** The raw Ed25519 public key. */
  key: base64url,
  signature: base64url,
});

/** The end of the chain at a moment, signed with the key of the installation: whoever cuts or rewrites what is before it is found. */
export type AuditHead = z.infer<typeof StoredHead>;

/** Signs the newest row; sequence 0 and the first hash where there is none. */
export function signHead(row: { readonly sequence: bigint; readonly hash: Uint8Array }, identity: Identity): AuditHead {
  const told = { sequence: Number(row.sequence), hash: Buffer.from(row.hash).toString('hex'), at: new Date().toISOString() };
  return { ...told, key: identity.publicKey, signature: identity.sign(signedText(told)) };
}

/** A line of the file of heads; undefined where it is none, or is not signed by this public key. */
export function readHead(line: string, key: string): AuditHead | undefined {
  const parsed = StoredHead.safeParse(parse(line));
  if (!parsed.success || parsed.data.key !== key) return undefined;
  return isSignedBy(key, signedText(parsed.data), parsed.data.signature) ? parsed.data : undefined;
}

/** The first line says what it is: the key signs other things too. */
function signedText({ sequence, hash, at }: Pick<AuditHead, 'sequence' | 'hash' | 'at'>): string {
  return ['gantry audit head', String(sequence), hash, at].join('\n');
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
