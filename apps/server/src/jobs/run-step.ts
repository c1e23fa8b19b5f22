import type { JobStep, NewJob } from '@gantry/contract';
import type { Answer, EngineClient } from '@gantry/engine-api';
import { PullProgress } from './pull-progress.ts';

type Wish<Kind extends NewJob['kind']> = Extract<NewJob, { kind: Kind }>;

export interface StepRun {
  readonly engine: EngineClient;
  readonly signal: AbortSignal;
  /** Hears how far it is. */
  readonly note: (change: Partial<JobStep>) => void;
}

/** Does one step of a job; resolves with what came of it, rejects with the engine's Failure. */
export function runStep(wish: NewJob, step: JobStep, run: StepRun): Promise<Partial<JobStep>> {
  switch (wish.kind) {
    case 'pull':
      return pull(wish, run);
    case 'containers':
      return act(wish, step.container ?? '', run);
    case 'prune':
      return prune(wish, run);
  }
}

const routeOf = {
  start: 'ContainerStart',
  stop: 'ContainerStop',
  restart: 'ContainerRestart',
  pause: 'ContainerPause',
  unpause: 'ContainerUnpause',
  kill: 'ContainerKill',
} as const;

async function act({ verb }: Wish<'containers'>, id: string, { engine, signal }: StepRun): Promise<Partial<JobStep>> {
  const answer =
    verb === 'remove'
      ? await engine.call('ContainerDelete', { path: { id }, query: { force: true } }, signal)
      : await engine.call(routeOf[verb], { path: { id } }, signal);
  const sequence = Number(answer.headers.get('x-gantry-sequence') ?? NaN);
  return Number.isSafeInteger(sequence) ? { sequence } : {};
}

async function pull({ reference }: Wish<'pull'>, { engine, signal, note }: StepRun): Promise<Partial<JobStep>> {
  const [fromImage, tag] = splitReference(reference);
  const answer = await engine.call('ImageCreate', { query: { fromImage, tag } }, signal);
  const progress = new PullProgress();
  for await (const chunk of answer.bytes) if (progress.take(chunk)) note(progress.now);
  progress.end();
  return progress.now;
}

/** `host:5000/a/b:1` → `host:5000/a/b`, `1`; a digest takes the place of the tag. */
function splitReference(reference: string): [string, string] {
  const [name = '', digest] = reference.split('@');
  if (digest) return [name, digest];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
}

interface Pruned {
  readonly ContainersDeleted?: readonly string[] | null;
  readonly ImagesDeleted?: readonly { readonly Deleted?: string }[] | null;
  readonly VolumesDeleted?: readonly string[] | null;
  readonly NetworksDeleted?: readonly string[] | null;
  readonly CachesDeleted?: readonly string[] | null;
  readonly SpaceReclaimed?: number;
}

async function prune({ what, isAll }: Wish<'prune'>, { engine, signal }: StepRun): Promise<Partial<JobStep>> {
  const said = await (await pruneCall(engine, { what, isAll, signal })).json<Pruned>();
  const images = said.ImagesDeleted?.filter(({ Deleted }) => Deleted);
  const removed = said.ContainersDeleted ?? images ?? said.VolumesDeleted ?? said.NetworksDeleted ?? said.CachesDeleted ?? [];
  return { removed: removed.length, reclaimedBytes: said.SpaceReclaimed ?? 0 };
}

interface PruneCall {
  readonly what: Wish<'prune'>['what'];
  readonly isAll: boolean;
  readonly signal: AbortSignal;
}

function pruneCall(engine: EngineClient, { what, isAll, signal }: PruneCall): Promise<Answer> {
  switch (what) {
    case 'containers':
      return engine.call('ContainerPrune', {}, signal);
    case 'images':
      return engine.call('ImagePrune', { query: { filters: { dangling: [String(!isAll)] } } }, signal);
    case 'volumes':
      return engine.call('VolumePrune', isAll ? { query: { filters: { all: ['true'] } } } : {}, signal);
    case 'networks':
      return engine.call('NetworkPrune', {}, signal);
    case 'builds':
      return engine.call('BuildPrune', { query: { all: isAll } }, signal);
  }
}
