import { Failure } from '@gantry/base';
import { type Engine, type EngineRequest, failureStatus, json } from '@gantry/engine-api';
import type { ReplacingNotes } from './replacing-notes.ts';

const recreation = /^\/gantry\/containers\/([^/?]+)\/recreate(?:\?(.*))?$/;
const largestBodyBytes = 4 * 1024 * 1024;

export interface RecreatingParts {
  /** The engine under the policy of the host: each step is judged as if it had been asked for by itself. */
  readonly inner: Engine;
  readonly notes: ReplacingNotes;
  readonly report: (failure: Failure) => void;
  /** How long a new container has to stay up to count as running. */
  readonly settleMs?: number;
}

/**
 * The engine, with `POST /gantry/containers/{id}/recreate`: a sequence of requests of any engine that goes on to its end whoever goes away. Other requests pass. The code for it is loaded when it is
 * first asked for.
 */
export function recreating(engine: Engine, parts: RecreatingParts): Engine {
  return (request) => {
    const [, id, query] = recreation.exec(request.target) ?? [];
    return id === undefined || request.method !== 'POST'
      ? engine(request)
      : recreate(request, { id, query: new URLSearchParams(query) }, parts);
  };
}

async function recreate(
  request: EngineRequest,
  { id, query }: { id: string; query: URLSearchParams },
  { inner, ...parts }: RecreatingParts,
): ReturnType<Engine> {
  try {
    const body = await readWhole(request);
    const [{ recreateContainer }, { engineClient }] = await Promise.all([
      import('./recreate-container.ts'),
      import('@gantry/engine-api/client'),
    ]);
    const client = engineClient(inner, { caller: request.caller });
    const asked = {
      id: decodeURIComponent(id),
      name: query.get('name') || undefined,
      platform: query.get('platform') || undefined,
      isStarted: query.get('start') !== '0',
      body,
    };
    return json(201, await recreateContainer(asked, { client, ...parts }));
  } catch (thrown) {
    const { code, message, details } = Failure.from(thrown);
    return json(typeof details['status'] === 'number' ? details['status'] : failureStatus[code], { message });
  }
}

async function readWhole({ body }: EngineRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largestBodyBytes) throw new Failure('invalid', `the body is larger than ${largestBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
