import { type Engine, type EngineRequest, json } from '@gantry/engine-api';

export interface Got {
  readonly line: string;
  readonly body: string;
}

/** An engine that takes everything and remembers it; inspects of what it is told to have are answered. */
export function scriptedEngine(objects: Readonly<Record<string, unknown>> = {}): { engine: Engine; effects: Got[] } {
  const effects: Got[] = [];
  const engine: Engine = async ({ method, target, body }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    if (method === 'GET' && target in objects) return json(200, objects[target]);
    if (method === 'GET' && /^\/(volumes\/[^/]+|containers\/[^/]+\/json)$/.test(target))
      return json(404, { message: `no such object: ${target}` });
    effects.push({ line: `${method} ${target}`, body: Buffer.concat(chunks).toString() });
    return json(200, {});
  };
  return { engine, effects };
}

/** A request as a server sends it that nothing holds back. */
export function hostile(
  line: string,
  { body = '', type = 'application/json' }: { body?: string | undefined; type?: string } = {},
): EngineRequest {
  const [method = '', target = ''] = line.split(' ');
  return {
    method: method as EngineRequest['method'],
    target,
    headers: new Map(type === '' ? [] : [['content-type', type]]),
    upgrade: 'none',
    body: (async function* () {
      yield await Promise.resolve(Buffer.from(body));
    })(),
    caller: { kind: 'person', id: 'somebody', name: 'owner', requestId: '1' },
    signal: AbortSignal.timeout(10_000),
  };
}
