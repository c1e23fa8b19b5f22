import { Failure } from '@gantry/base';
import { type Bytes, largestChunkBytes, type PlainResponse } from '@gantry/engine-api';

const largestFilteredBytes = 64 * 1024 * 1024;

/** All of an answer that has to be looked at; `exhausted` where it is too large for that. */
export async function collect(body: PlainResponse['body']): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestFilteredBytes) throw new Failure('exhausted', 'the answer of the engine is too large to be filtered');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer piece by piece, also where it is there as a whole. */
export function piecesOf(body: PlainResponse['body']): Bytes {
  return body instanceof Uint8Array ? once(body) : body;
}

/** Bytes that are there, in pieces that a slow reader can take. */
export async function* once(bytes: Uint8Array): Bytes {
  for (let start = 0; start < bytes.length; start += largestChunkBytes) {
    yield await Promise.resolve(bytes.subarray(start, start + largestChunkBytes));
  }
}
