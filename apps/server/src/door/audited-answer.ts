import type { EngineResponse, HijackedResponse } from '@gantry/engine-api';
import type { OpenIntent } from '../audit/audit.service.ts';

/** Writes the outcome of an audited request: a plain one when its head is there, a terminal or stream of bytes when it ends. */
export async function endWith(response: EngineResponse, intent: OpenIntent): Promise<EngineResponse> {
  if (response.kind === 'hijacked') return { ...response, open: watched(response, intent) };
  const { status } = response;
  await intent.end({ outcome: status < 400 ? 'done' : 'failed', status });
  return response;
}

function watched(response: HijackedResponse, intent: OpenIntent): HijackedResponse['open'] {
  return (input) => follow(response.open(input), intent);
}

async function* follow(output: AsyncIterable<Uint8Array>, intent: OpenIntent): AsyncGenerator<Uint8Array> {
  const openedAtMs = performance.now();
  const details = (): { openMs: number } => ({ openMs: Math.round(performance.now() - openedAtMs) });
  try {
    yield* output;
  } catch (thrown) {
    await intent.end({ outcome: 'failed', details: details() });
    throw thrown;
  } finally {
    await intent.end({ outcome: 'done', details: details() });
  }
}
