import { type Bytes, type EngineRequest, noBytes } from '@gantry/engine-api/client';

/** A request of the specs: what is not said is the simplest there is. */
export function asked(given: Partial<EngineRequest> & Pick<EngineRequest, 'target'>): EngineRequest {
  return {
    method: 'GET',
    headers: new Map(),
    upgrade: 'none',
    body: noBytes,
    caller: { kind: 'gantry', part: 'spec' },
    signal: new AbortController().signal,
    ...given,
  };
}

export async function textOf(bytes: Bytes | Uint8Array): Promise<string> {
  if (bytes instanceof Uint8Array) return Buffer.from(bytes).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The same numbers in [0, 1) for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
