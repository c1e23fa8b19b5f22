import { Failure } from '@gantry/base';
import type { Bytes } from '@gantry/engine-api';

const largestFilteredBytes = 64 * 1024 * 1024;

/** All of an answer that has to be looked at; `exhausted` where it is too large for that. */
export async function collect(body: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestFilteredBytes) throw new Failure('exhausted', 'the answer of the engine is too large to be filtered');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
