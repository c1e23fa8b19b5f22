import { Failure } from '@gantry/base';
import type { EngineClient } from '@gantry/engine-api/client';
import { engineOn } from '../../api/engine.ts';
import { createBody } from './create-body.ts';
import { pullProgress, type PullProgress } from './pull-progress.ts';
import { type RunChange, updateBody } from './run-changes.ts';
import type { RunForm } from './run-form.ts';

export type RunStep =
  { readonly name: 'creating' | 'starting' | 'replacing' | 'updating' } | { readonly name: 'pulling'; readonly progress: PullProgress };

interface Watching {
  readonly step: (step: RunStep) => void;
  readonly signal: AbortSignal;
}

/** Creates and starts a container; the image is pulled first as the form says. Resolves with its id; fails with the engine's words. */
export async function runContainer(host: string, form: RunForm, on: Watching): Promise<string> {
  const engine = engineOn(host);
  const id = await withImage({ engine, form, on }, async () => {
    on.step({ name: 'creating' });
    const answer = await engine.call('ContainerCreate', { body: createBody(form), query: queryOf(form) }, on.signal);
    return (await answer.json<{ Id: string }>()).Id;
  });
  on.step({ name: 'starting' });
  await engine.call('ContainerStart', { path: { id } }, on.signal);
  return id;
}

/** The container that is there, and whether the new one is started. */
export interface Replaced {
  readonly host: string;
  readonly id: string;
  readonly start: boolean;
}

/** Puts a container that is made of the form in place of another; the host does it to its end, also when this page is closed meanwhile. */
export async function recreateContainer(old: Replaced, form: RunForm, on: Watching): Promise<string> {
  const engine = engineOn(old.host);
  return withImage({ engine, form, on }, async () => {
    on.step({ name: 'replacing' });
    const query = { ...queryOf(form), start: old.start };
    const answer = await engine.call('ContainerRecreate', { path: { id: old.id }, body: createBody(form), query });
    return (await answer.json<{ Id: string }>()).Id;
  });
}

/** Changes limits and restart policy of a container, which goes on running. */
export async function updateContainer(
  { host, id }: { host: string; id: string },
  form: RunForm,
  changes: readonly RunChange[],
): Promise<void> {
  const limits = changes.filter(({ field }) => field !== 'name');
  if (limits.length) await engineOn(host).call('ContainerUpdate', { path: { id }, body: updateBody(limits, form) });
}

interface Making {
  readonly engine: EngineClient;
  readonly form: RunForm;
  readonly on: Watching;
}

/** Does it with the image that is there, and where there is none pulls it and does it again; or pulls first, or never. */
async function withImage({ engine, form, on }: Making, make: () => Promise<string>): Promise<string> {
  if (form.pull === 'always') await pull(engine, form, on);
  return make().catch(async (thrown: unknown) => {
    const isMissing = thrown instanceof Failure && thrown.code === 'not-found' && /no such image/i.test(thrown.message);
    if (!isMissing || form.pull !== 'missing') throw thrown;
    await pull(engine, form, on);
    return make();
  });
}

function queryOf({ name, platform }: RunForm): { name?: string; platform?: string } {
  return { ...(name.trim() ? { name: name.trim() } : {}), ...(platform.trim() ? { platform: platform.trim() } : {}) };
}

async function pull(engine: EngineClient, { image, platform }: RunForm, on: Watching): Promise<void> {
  const [fromImage, tag] = splitReference(image.trim());
  const query = { fromImage, tag, ...(platform.trim() ? { platform: platform.trim() } : {}) };
  const answer = await engine.call('ImageCreate', { query }, on.signal);
  for await (const progress of pullProgress(answer.bytes)) on.step({ name: 'pulling', progress });
}

/** `nginx:1.29` → nginx, 1.29; a digest stays with the name's tag field as the API takes it; without either: latest, never all tags. */
export function splitReference(image: string): [string, string] {
  const [name = '', digest] = image.split('@');
  if (digest) return [name, digest];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}
