import { deflateRawSync } from 'node:zlib';
import { plainBytes, type SocketRow } from '@gantry/contract';

/**
 * A payload as it goes out: a large one of a row that may be packed as bytes, so that it is compressed once and not again for each socket. What
 * it holds has been decided before; that its length tells something of it is so for any stream of changes.
 */
export function packed({ isPacked }: SocketRow, payload: unknown): unknown {
  if (!isPacked) return payload;
  const text = Buffer.from(JSON.stringify(payload));
  return text.length > plainBytes ? deflateRawSync(text, { level: 3 }) : payload;
}
