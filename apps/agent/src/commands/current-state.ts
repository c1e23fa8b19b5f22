import { Failure } from '@gantry/base';
import type { Engine } from '@gantry/engine-api';
import { askJson } from '../engine/ask-engine.ts';

const limitMs = 3000;

/** Words for the state of the object that a command was about. Never rejects. */
export async function currentState(engine: Engine, target: string, signal: AbortSignal): Promise<string> {
  const object = objectOf(target);
  if (!object) return 'current state is not known';
  try {
    const answer = await askJson(engine, object.inspect, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
    const { State: state } = answer as { State?: { Status?: unknown } };
    const status = typeof state?.Status === 'string' ? state.Status : 'there';
    return `current state is: ${object.name} is ${status}`;
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    return code === 'not-found' ? `current state is: ${object.name} is not there` : `current state is not known: ${message}`;
  }
}

/** What the target names, as the engine inspects it: in the path, or for what is created in the query. */
function objectOf(target: string): { name: string; inspect: string } | undefined {
  const { pathname, searchParams } = new URL(target, 'http://engine');
  const found = /^(\/v[\d.]+)?\/(containers|networks|volumes)\/([^/]+)/.exec(pathname);
  if (!found) return undefined;
  const [, version = '', noun = '', id = ''] = found;
  if (id === 'prune') return undefined;
  const name = id === 'create' ? encodeURIComponent(searchParams.get('name') ?? '') : id;
  if (name === '') return undefined;
  return {
    name: `${noun.slice(0, -1)} ${decodeURIComponent(name)}`,
    inspect: `${version}/${noun}/${name}${noun === 'containers' ? '/json' : ''}`,
  };
}
