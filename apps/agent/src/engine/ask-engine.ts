import { Failure, type FailureCode } from '@gantry/base';
import type { Engine, EngineRequest, PlainResponse } from '@gantry/engine-api';

const nothing: EngineRequest['body'] = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true as const, value: undefined }) }),
};
const codes: Readonly<Record<number, FailureCode>> = {
  400: 'invalid',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  503: 'unavailable',
};
const largestAnswerBytes = 64 * 1024 * 1024;

/** The JSON that the engine answers to a GET; a Failure with its message for any status but 200. */
export async function askJson(engine: Engine, target: string, signal: AbortSignal): Promise<unknown> {
  const response = await get(engine, target, signal);
  const content = await readAll(response);
  if (response.status !== 200) throw failureOf(response.status, target, content);
  return JSON.parse(content) as unknown;
}

/** Opens a stream of JSON values, one on each line. Resolves when the engine has answered the head: what happens from then on is in it. */
export async function askLines(engine: Engine, target: string, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
  const response = await get(engine, target, signal);
  if (response.status !== 200) throw failureOf(response.status, target, await readAll(response));
  return linesOf(response);
}

async function get(engine: Engine, target: string, signal: AbortSignal): Promise<PlainResponse> {
  const caller = { kind: 'gantry', part: 'agent' } as const;
  const response = await engine({ method: 'GET', target, headers: new Map(), upgrade: 'none', body: nothing, caller, signal });
  if (response.kind === 'plain') return response;
  throw new Failure('internal', `the engine answered GET ${target} with raw bytes`);
}

async function readAll({ body }: PlainResponse): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  const decoder = new TextDecoder();
  let content = '';
  for await (const chunk of body) {
    content += decoder.decode(chunk, { stream: true });
    if (content.length > largestAnswerBytes) throw new Failure('exhausted', 'the answer of the engine is too large');
  }
  return content + decoder.decode();
}

async function* linesOf({ body }: PlainResponse): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as unknown;
  }
}

function failureOf(status: number, target: string, content: string): Failure {
  const code = codes[status] ?? 'internal';
  try {
    const { message } = JSON.parse(content) as { message?: unknown };
    if (typeof message === 'string') return new Failure(code, message);
  } catch {
    // Not JSON: the status has to do.
  }
  return new Failure(code, `the engine answered GET ${target} with status ${status}`);
}
