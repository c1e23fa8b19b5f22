import { Failure } from '@gantry/base';
import { jsonStream, type PlainResponse } from '@gantry/engine-api';
import type { ProgressMessage } from '../images/progress.ts';

/** What fails before the first line is an error of its own; what fails later is the last line, as dockerd does. */
export async function progressReply(messages: AsyncIterable<ProgressMessage>): Promise<PlainResponse> {
  const lines = messages[Symbol.asyncIterator]();
  const first = await lines.next();
  return jsonStream(withFailureAsLine(first, lines), { lineEnd: '\r\n' });
}

async function* withFailureAsLine(
  first: IteratorResult<ProgressMessage>,
  lines: AsyncIterator<ProgressMessage>,
): AsyncGenerator<ProgressMessage> {
  try {
    for (let line = first; line.done !== true; line = await lines.next()) yield line.value;
  } catch (thrown) {
    const { message } = Failure.from(thrown);
    yield { errorDetail: { message }, error: message };
  } finally {
    await lines.return?.();
  }
}
