import { Failure } from '@gantry/base';
import type { Job, JobLayer, JobsMessage, JobStep, NewJob } from '@gantry/contract';
import type { Engine, FleetRow } from '@gantry/engine-api';
import { type Bytes, engineClient, type EngineClient, type RouteName } from '@gantry/engine-api/client';
import { jsonLines } from '../api/json-lines.ts';
import { hostId } from './fleet-double.ts';

const routeOf: Record<string, RouteName> = {
  start: 'ContainerStart',
  stop: 'ContainerStop',
  restart: 'ContainerRestart',
  pause: 'ContainerPause',
  unpause: 'ContainerUnpause',
  kill: 'ContainerKill',
  containers: 'ContainerPrune',
  images: 'ImagePrune',
  volumes: 'VolumePrune',
  networks: 'NetworkPrune',
  builds: 'BuildPrune',
};

/** The jobs of a server that keeps no rule: each step is asked of the engine double at once, one after the other. */
export class JobsDouble {
  readonly #jobs = new Map<string, Job>();
  readonly #engine: Engine;
  readonly #rows: ReadonlyMap<string, FleetRow>;
  readonly #tell: (message: JobsMessage) => void;
  readonly #running = new Map<string, AbortController>();
  #count = 0;

  constructor(engine: Engine, rows: ReadonlyMap<string, FleetRow>, tell: (message: JobsMessage) => void) {
    this.#engine = engine;
    this.#rows = rows;
    this.#tell = tell;
  }

  get list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  /** Puts a job there as if it had been begun elsewhere. */
  put(job: Job): void {
    this.#jobs.set(job.id, job);
    this.#tell({ upserts: [job], gone: [] });
  }

  create(wish: NewJob): Job {
    const id = `50000000-0000-4000-8000-${String(++this.#count).padStart(12, '0')}`;
    const steps = stepsOf(wish, this.#rows);
    const action = wish.kind === 'pull' ? 'pull' : wish.kind === 'prune' ? wish.what : wish.verb;
    const reference = wish.kind === 'pull' ? { reference: wish.reference } : {};
    const state = { who: 'lin.wei', isOwn: true, mayCancel: true, state: 'running', startedAtMs: Date.now() } as const;
    const job: Job = { id, kind: wish.kind, action, ...reference, ...state, steps };
    this.put(job);
    setTimeout(() => void this.#run(job, wish), 20);
    return job;
  }

  cancel(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#running.get(id)?.abort();
    const steps = job.steps.map((step) => (step.state === 'done' ? step : { ...step, state: 'cancelled' as const }));
    this.put({ ...job, steps, state: 'cancelled', mayCancel: false, endedAtMs: Date.now() });
  }

  async #run(job: Job, wish: NewJob): Promise<void> {
    const steps = [...job.steps];
    const closing = new AbortController();
    this.#running.set(job.id, closing);
    for (const step of job.steps) {
      const client = engineClient(this.#engine, { version: '1.51', prefix: `/engine/${step.host}` });
      const note = (change: Partial<JobStep>): void => {
        if (this.#jobs.get(job.id)?.state !== 'cancelled')
          this.put({ ...job, steps: job.steps.map((one) => (one.at === step.at ? { ...one, ...change } : (steps[one.at] ?? one))) });
      };
      const came: Partial<JobStep> = await asked(wish, step, { client, note, signal: closing.signal }).then(
        (change) => ({ state: 'done' as const, ...change }),
        (thrown: unknown) => ({ state: 'failed' as const, failure: Failure.from(thrown).message }),
      );
      if (this.#jobs.get(job.id)?.state === 'cancelled') return;
      steps[step.at] = { ...step, ...came };
      this.put({ ...job, steps: [...steps] });
    }
    const state = steps.some((step) => step.state === 'failed') ? 'failed' : 'done';
    this.put({ ...job, steps, state, mayCancel: false, endedAtMs: Date.now() });
  }
}

function stepsOf(wish: NewJob, rows: ReadonlyMap<string, FleetRow>): JobStep[] {
  if (wish.kind !== 'containers') return wish.hosts.map((host, at) => ({ at, host, name: '', state: 'running' }));
  return wish.targets.map(({ host, id }, at) => ({ at, host, container: id, name: rows.get(id)?.name ?? '', state: 'running' }));
}

interface Asking {
  readonly client: EngineClient;
  readonly note: (change: Partial<JobStep>) => void;
  readonly signal: AbortSignal;
}

async function asked(wish: NewJob, { container: id = '' }: JobStep, { client, note, signal }: Asking): Promise<Partial<JobStep>> {
  if (wish.kind === 'pull') {
    const [fromImage = '', tag = 'latest'] = wish.reference.split(/:(?=[^/]*$)/);
    const answer = await client.call('ImageCreate', { query: { fromImage, tag } }, signal);
    return pulled(answer.bytes, note);
  }
  if (wish.kind === 'prune') {
    const filters = wish.what === 'images' ? { filters: { dangling: [String(!wish.isAll)] } } : {};
    const told = await (await client.call(routeOf[wish.what] ?? 'ImagePrune', { query: filters })).json<Record<string, unknown>>();
    const removed = Object.values(told).find(Array.isArray) as unknown[] | undefined;
    return { removed: removed?.length ?? 0, reclaimedBytes: Number(told['SpaceReclaimed'] ?? 0) };
  }
  const answer =
    wish.verb === 'remove'
      ? await client.call('ContainerDelete', { path: { id }, query: { force: true } })
      : await client.call(routeOf[wish.verb] ?? 'ContainerStart', { path: { id } });
  return { sequence: Number(answer.headers.get('x-gantry-sequence')) };
}

const layerSteps: Record<string, JobLayer['step']> = {
  'Pulling fs layer': 'waiting',
  Downloading: 'downloading',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  'Pull complete': 'complete',
  'Already exists': 'present',
};

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

async function pulled(body: Bytes, note: (change: Partial<JobStep>) => void): Promise<Partial<JobStep>> {
  const layers = new Map<string, JobLayer>();
  let said = '';
  for await (const { id, status = '', error, progressDetail } of jsonLines<PullLine>(body)) {
    if (error) throw new Failure('invalid', error);
    const step = layerSteps[status];
    const totalBytes = progressDetail?.total ?? layers.get(id ?? '')?.totalBytes ?? 0;
    if (id && step) layers.set(id, { id, step, totalBytes, currentBytes: progressDetail?.current ?? totalBytes });
    else said = status;
    note({ layers: [...layers.values()], said });
  }
  return { layers: [...layers.values()], said };
}

/** What was going on before the page was opened. */
export function jobsBefore(rows: readonly FleetRow[]): Job[] {
  const nowMs = Date.now();
  const [first, second, third] = rows;
  if (!first || !second || !third) return [];
  const stepOf = (row: FleetRow, at: number): JobStep => ({ at, host: row.host, container: row.id, name: row.name, state: 'done' });
  const id = (number: number): string => `40000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return [
    {
      ...{ id: id(1), kind: 'prune', action: 'images', who: 'ana.horvat', isOwn: false, mayCancel: false, state: 'done' },
      ...{ startedAtMs: nowMs - 3_700_000, endedAtMs: nowMs - 3_690_000 },
      steps: [1, 2].map((host, at) => ({ at, host: hostId(host), name: '', state: 'done', removed: 14, reclaimedBytes: 3_400_000_000 })),
    },
    {
      ...{ id: id(2), kind: 'containers', action: 'restart', who: 'lin.wei', isOwn: true, mayCancel: false, state: 'failed' },
      ...{ startedAtMs: nowMs - 610_000, endedAtMs: nowMs - 604_000 },
      steps: [stepOf(first, 0), { ...stepOf(second, 1), state: 'failed', failure: `container ${second.name} is in use` }, stepOf(third, 2)],
    },
    {
      ...{ id: id(3), kind: 'call', action: 'ImageLoad', who: 'ci-deploy', isOwn: false, mayCancel: false, state: 'done' },
      ...{ startedAtMs: nowMs - 95_000, endedAtMs: nowMs - 61_000 },
      steps: [{ at: 0, host: hostId(2), name: '', state: 'done', said: 'Loaded image: shop/api:3.1' }],
    },
    {
      ...{ id: id(4), kind: 'pull', action: 'pull', reference: 'ghcr.io/acme/api:3.0', who: 'lin.wei' },
      ...{ isOwn: true, mayCancel: true, state: 'running', startedAtMs: nowMs - 12_000 },
      steps: [
        {
          ...{ at: 0, host: hostId(1), name: '', state: 'running', progress: { bytes: 18_400_000, totalBytes: 39_200_000 } },
          layers: [
            { id: '4f55086f7dd0', step: 'extracting', currentBytes: 12_000_000, totalBytes: 12_000_000 },
            { id: 'b3f28bc87f66', step: 'downloading', currentBytes: 6_400_000, totalBytes: 27_200_000 },
          ],
        },
      ],
    },
  ];
}
