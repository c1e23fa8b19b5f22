import { createHash } from 'node:crypto';
import { Failure } from '@gantry/base';
import { type Bytes, type Engine, type EngineRequest, type EngineResponse, json } from '@gantry/engine-api';
import { commandKeyHeader } from '@gantry/link';
import type { CommandJournal, Result } from './command-journal.ts';
import { currentState } from './current-state.ts';

const largestBodyBytes = 4 * 1024 * 1024;
const largestKeptBytes = 64 * 1024;

export interface JournalledOptions {
  readonly journal: CommandJournal;
  /** The agent is stopping. A command does not end with the connection that brought it. */
  readonly signal: AbortSignal;
  /** Something was done and could not be written down. */
  readonly onFailure?: (failure: Failure) => void;
}

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/**
 * The engine, where a request with a key takes effect once: the same key again gets the recorded answer, also while the first is still at work
 * and after a restart of the agent. The same key with another request is answered 409. Where the agent ended between intent and result, it
 * rejects with `conflict: outcome unknown`, tells the state there is now, and never runs it again.
 */
export function journalled(engine: Engine, options: JournalledOptions): Engine {
  const { journal, signal } = options;
  const running = new Map<string, { readonly digest: string; readonly answer: Promise<Answer> }>();
  return async (request) => {
    const key = request.headers.get(commandKeyHeader);
    if (key === undefined) return engine(request);
    const body = await readAll(request.body);
    const digest = createHash('sha256').update(`${request.method} ${request.target}\n`).update(body).digest('base64url');
    const known = running.get(key) ?? journal.find(key);
    if (known && known.digest !== digest) return json(409, { message: `request ${key} was another one before` });
    const atWork = running.get(key)?.answer;
    if (atWork) return plain(await atWork);
    if (known) return again(key);
    const answer = run({ engine, options }, { key, digest, request, body });
    running.set(key, { digest, answer });
    try {
      return plain(await answer);
    } finally {
      running.delete(key);
    }

    async function again(doneKey: string): Promise<EngineResponse> {
      const result = await journal.result(doneKey);
      if (result) return recorded(result);
      const state = await currentState(engine, request.target, signal);
      throw new Failure('conflict', `outcome unknown: the agent ended while it did ${request.method} ${request.target}; ${state}`);
    }
  };
}

interface Command {
  readonly key: string;
  readonly digest: string;
  readonly request: EngineRequest;
  readonly body: Uint8Array;
}

async function run({ engine, options }: { engine: Engine; options: JournalledOptions }, command: Command): Promise<Answer> {
  const { journal, signal, onFailure } = options;
  const { key, digest, request, body } = command;
  const { method, target, caller } = request;
  const by = caller.kind === 'person' ? caller.name : caller.kind;
  await journal.intend({ key, digest, what: `${method} ${target}`, by }).catch((cause: unknown) => {
    throw new Failure('exhausted', `nothing was done: the journal of commands cannot be written: ${(cause as Error).message}`, { cause });
  });
  const headers = new Map([...request.headers].filter(([name]) => name !== commandKeyHeader));
  const response = await engine({ ...request, headers, body: once(body), signal });
  if (response.kind === 'hijacked') throw new Failure('internal', `${method} ${target} has no answer that could be kept`);
  const answer = { status: response.status, headers: response.headers, body: await readAll(response.body, Infinity) };
  try {
    await journal.conclude(key, resultOf(answer));
  } catch (thrown) {
    onFailure?.(Failure.from(thrown));
  }
  return answer;
}

function resultOf({ status, headers, body }: Answer): Result {
  const isKept = body.length <= largestKeptBytes;
  return { status, headers: [...headers], ...(isKept ? { body: Buffer.from(body).toString('base64') } : {}) };
}

function recorded({ status, headers, body }: Result): EngineResponse {
  if (body === undefined) return json(status, { message: 'this was done before; its answer was too large to be kept' });
  return plain({ status, headers: new Map(headers), body: Buffer.from(body, 'base64') });
}

function plain(answer: Answer): EngineResponse {
  return { kind: 'plain', ...answer };
}

async function readAll(body: Uint8Array | Bytes, largestBytes = largestBodyBytes): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largestBytes) throw new Failure('invalid', 'the body of this command is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunkBytes = 65_536;
  for (let start = 0; start < bytes.length; start += chunkBytes) yield await Promise.resolve(bytes.subarray(start, start + chunkBytes));
}
