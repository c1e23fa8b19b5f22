import { Failure } from '@gantry/base';
import { type Answer, type Bytes, type Engine, type EngineClient, engineClient, type PlainResponse } from '@gantry/engine-api/client';
import { askForProof, failureOf } from './call.ts';

/** What pages speak; the server's route table ends here, too. */
export const engineVersion = '1.51';
const sequenceHeader = 'x-gantry-sequence';

/** Headers with which a container is told with the values of its variables: for who may see them, and written to the audit log. */
export const revealing = { 'x-gantry-reveal': '1' } as const;

/** The engine of a host behind the server's guard, by plain requests: for everything that is asked and answered. */
export function engineOn(host: string): EngineClient {
  return engineClient(overHttp, { version: engineVersion, prefix: `/engine/${encodeURIComponent(host)}` });
}

/** The report of the host that carries the effect of a call; undefined where the engine did not say. */
export function sequenceOf(answer: Answer): number | undefined {
  const sequence = answer.headers.get(sequenceHeader);
  return sequence === undefined ? undefined : Number(sequence);
}

/** Where the server wants a fresh proof that it is them, the person is asked for it and the request sent again. */
const overHttp: Engine = async (request): Promise<PlainResponse> => {
  const sent = await wholeOf(request.body);
  const first = await fetched(request, sent);
  const response = (await wantsProof(first)) && (await askForProof()) ? await fetched(request, sent) : first;
  return {
    kind: 'plain',
    status: response.status,
    headers: new Map(response.headers),
    body: response.body ? chunks(response.body) : new Uint8Array(),
  };
};

type Sent = Omit<Parameters<Engine>[0], 'body'>;

async function fetched({ method, target, headers, signal }: Sent, sent: Blob): Promise<Response> {
  return fetch(target, {
    method,
    headers: [...headers].filter(([name]) => name !== 'content-length'),
    credentials: 'same-origin',
    signal,
    ...(sent.size ? { body: sent } : {}),
  }).catch((cause: unknown) => {
    throw new Failure(signal.aborted ? 'cancelled' : 'unavailable', 'the server cannot be reached', { cause });
  });
}

async function wantsProof(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  return (await failureOf(response.clone())).details['needs'] === 'proof';
}

async function wholeOf(body: Bytes): Promise<Blob> {
  const parts: BlobPart[] = [];
  for await (const chunk of body) parts.push(chunk as BlobPart);
  return new Blob(parts);
}

/** Not every browser iterates a ReadableStream by itself. */
async function* chunks(stream: ReadableStream<Uint8Array>): Bytes {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
