import { Failure } from '@gantry/base';
import { jsonStream, type PlainResponse } from '@gantry/engine-api';
import type { ProgressMessage } from '../images/progress.ts';

/** What fails before the first line is an error of its own; what fails later is the last line, as dockerd does. */
export async function progressReply(messages: AsyncIterable<ProgressMessage>): Promise<PlainResponse> {
  const lines = messages[Symbol.asyncIterator]();
  const first = await lines.next();
  return jsonStream(withFailureAsLine(lines, first), { lineEnd: '\r\n' });
}

/** The answer is 200 in any case, and whatever fails the last line: clients of `load` look for it there. */
export function progressLines(messages: AsyncIterable<ProgressMessage>): PlainResponse {
  return jsonStream(withFailureAsLine(messages[Symbol.asyncIterator]()), { lineEnd: '\r\n' });
}

async function* withFailureAsLine(
  lines: AsyncIterator<ProgressMessage>,
  first?: IteratorResult<ProgressMessage>,
): AsyncGenerator<ProgressMessage> {
  try {
    for (let line = first ?? (await lines.next()); line.done !== true; line = await lines.next()) yield line.value;
  } catch (thrown) {
    const { message } = Failure.from(thrown);
    yield { errorDetail: { message }, error: message };
  } finally {
    await lines.return?.();
  }
}
