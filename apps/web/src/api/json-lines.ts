import type { Bytes } from '@gantry/engine-api/client';

/** The values of a stream of JSON lines, as engines tell progress. */
export async function* jsonLines<Line>(body: Bytes): AsyncGenerator<Line, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim()) yield JSON.parse(part) as Line;
  }
  if (rest.trim()) yield JSON.parse(rest) as Line;
}
