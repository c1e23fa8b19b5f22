import { Failure } from '@gantry/base';
import type { EngineClient } from '@gantry/engine-api/client';
import { engineOn } from '../../api/engine.ts';
import { createBody } from './docker-run.ts';
import { pullProgress, type PullProgress } from './pull-progress.ts';
import type { RunForm } from './run-form.ts';

export type RunStep = { readonly name: 'creating' | 'starting' } | { readonly name: 'pulling'; readonly progress: PullProgress };

/** Creates and starts a container; where the host has not the image, it is pulled first. Resolves with its id; fails with the engine's words. */
export async function runContainer(
  host: string,
  form: RunForm,
  on: { step: (step: RunStep) => void; signal: AbortSignal },
): Promise<string> {
  const engine = engineOn(host);
  on.step({ name: 'creating' });
  const id = await create(engine, form, on.signal).catch(async (thrown: unknown) => {
    if (!(thrown instanceof Failure) || thrown.code !== 'not-found' || !/no such image/i.test(thrown.message)) throw thrown;
    await pull(engine, form.image.trim(), on);
    on.step({ name: 'creating' });
    return create(engine, form, on.signal);
  });
  on.step({ name: 'starting' });
  await engine.call('ContainerStart', { path: { id } }, on.signal);
  return id;
}

async function create(engine: EngineClient, form: RunForm, signal: AbortSignal): Promise<string> {
  const name = form.name.trim();
  const answer = await engine.call('ContainerCreate', { body: createBody(form), ...(name ? { query: { name } } : {}) }, signal);
  return (await answer.json<{ Id: string }>()).Id;
}

async function pull(engine: EngineClient, image: string, on: { step: (step: RunStep) => void; signal: AbortSignal }): Promise<void> {
  const [fromImage, tag] = splitReference(image);
  const answer = await engine.call('ImageCreate', { query: { fromImage, tag } }, on.signal);
  for await (const progress of pullProgress(answer.bytes)) on.step({ name: 'pulling', progress });
}

/** `nginx:1.29` → nginx, 1.29; a digest stays with the name's tag field as the API takes it; without either: latest, never all tags. */
export function splitReference(image: string): [string, string] {
  const [name = '', digest] = image.split('@');
  if (digest) return [name, digest];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}
