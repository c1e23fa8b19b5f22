import { request } from 'node:http';
import { checkAnswer } from './answer-schemas.ts';

/** An engine that the conformance suite looks at from outside, by its socket alone. */
export interface EngineUnderTest {
  readonly kind: 'native' | 'dockerd';
  readonly socketPath: string;
  /** Before the arguments of a program that is to run in the network of the engine's host, where ports are published; [] for this machine's. */
  readonly enter: readonly string[];
  /** Titles of specs that it is known to fail. */
  readonly notYet?: readonly string[];
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body as JSON, undefined where it is none. */
  readonly value: unknown;
  /** The `message` of an error. */
  readonly message: string;
}

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The type of the published description that a 2xx JSON answer has to have. */
  readonly as?: string;
  /** Called when the head of the answer is there. */
  readonly onHead?: () => void;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/** How long an answer may take, to its last byte. */
const patienceMs = 50_000;

/** One request on a connection of its own. A body that is no Buffer is sent as JSON. */
export async function ask(
  engine: EngineUnderTest,
  line: `${Method} ${string}`,
  { body, headers = {}, as, onHead }: Sent = {},
): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const type = bytes === undefined ? {} : { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' };
  const answer = await exchange({ socketPath: engine.socketPath, method, path, headers: { ...type, ...headers }, onHead }, bytes);
  if (as !== undefined && answer.status < 300) checkAnswer(as, answer.value);
  return answer;
}

interface Request {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly onHead: (() => void) | undefined;
}

function exchange({ onHead, ...to }: Request, body: Buffer | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, headers: { ...to.headers, 'content-length': String(body?.length ?? 0) }, agent: false }, (response) => {
      onHead?.();
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))));
    });
    sent.setTimeout(patienceMs, () => sent.destroy(new Error(`no answer to ${to.method} ${to.path} in ${patienceMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function answerOf(status: number, headers: Answer['headers'], body: Buffer): Answer {
  const isJson = headers['content-type'] === 'application/json' && body.length > 0;
  const value = isJson ? wholeJson(body.toString()) : undefined;
  return { status, headers, body, value, message: (value as { message?: string } | undefined)?.message ?? body.toString().trim() };
}

/** A stream of several values is none. */
function wholeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
