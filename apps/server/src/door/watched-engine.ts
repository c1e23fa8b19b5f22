import { Failure } from '@gantry/base';
import type { Bytes, Engine, EngineRequest, EngineResponse, Match } from '@gantry/engine-api';
import type { Jobs } from '../jobs/jobs.ts';
import { PullProgress } from '../jobs/pull-progress.ts';
import type { RunningJob } from '../jobs/running-job.ts';
import { findRow } from './guarded-call.ts';
import type { Visitor } from './guarded-engines.ts';

/** What may take long enough to be looked at and cancelled, whoever asks for it. */
const lasting: ReadonlySet<string> = new Set([
  ...['ImageCreate', 'ImageLoad', 'ImageBuild', 'ImagePush', 'ContainerCommit'],
  ...['ImagePrune', 'ContainerPrune', 'VolumePrune', 'NetworkPrune', 'BuildPrune'],
]);

/** The same engine; what lasts in it is a job that pages see, whichever client it comes from, and that can be cancelled there. */
export function watchedEngine(engine: Engine, { principal }: Pick<Visitor, 'principal'>, jobs: Jobs): Engine {
  return async (request) => {
    const found = lastingCall(request);
    if (!found) return engine(request);
    const { host, match } = found;
    const job = jobs.open({
      ...{ kind: 'call', action: match.route.name, userId: principal.userId, who: principal.name, credential: principal.sessionId },
      ...namedBy(match),
      steps: [{ step: { at: 0, host, name: '', state: 'running' } }],
    });
    return followed(engine, { ...request, signal: AbortSignal.any([request.signal, job.signal]) }, { job, jobs });
  };
}

function lastingCall(request: EngineRequest): { host: string; match: Match } | undefined {
  const [, host, target] = /^\/engine\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\/.*)$/s.exec(request.target) ?? [];
  if (host === undefined || target === undefined) return undefined;
  try {
    const match = findRow(request, target);
    return match && lasting.has(match.route.name) ? { host, match } : undefined;
  } catch {
    return undefined; // the guard says what is wrong with it
  }
}

/** The image that the call is about, where its query or path says so. */
function namedBy({ path, query }: Match): { reference?: string } {
  const parameters = new URLSearchParams(query);
  const image = parameters.get('fromImage') ?? parameters.get('t') ?? path['name'];
  if (!image) return {};
  const tag = parameters.get('tag');
  return { reference: tag && !image.includes('@') ? `${image}${tag.includes(':') ? '@' : ':'}${tag}` : image };
}

interface Followed {
  readonly job: RunningJob;
  readonly jobs: Jobs;
}

async function followed(engine: Engine, request: EngineRequest, { job, jobs }: Followed): Promise<EngineResponse> {
  try {
    const response = await engine(request);
    if (response.kind !== 'plain') return response;
    if (response.status >= 400) {
      // What was refused, or was never there, is no job.
      if (response.status === 403 || response.status === 404) jobs.forget(job);
      end(job, { state: 'failed', failure: `the engine answered ${response.status}` });
      return response;
    }
    if (!(response.body instanceof Uint8Array)) return { ...response, body: told(response.body, job) };
    end(job, { state: 'done' });
    return response;
  } catch (thrown) {
    end(job, { state: 'failed', failure: Failure.from(thrown).message });
    throw thrown;
  }
}

/** The same bytes; the job ends with them. */
async function* told(body: Bytes, job: RunningJob): Bytes {
  const progress = new PullProgress();
  try {
    for await (const chunk of body) {
      if (progress.take(chunk)) job.change(0, progress.now);
      yield chunk;
    }
    progress.end();
    end(job, { state: 'done', ...progress.now });
  } catch (thrown) {
    const failure = Failure.from(thrown);
    end(job, { state: 'failed', failure: failure.message });
    if (failure.code !== 'invalid') throw thrown;
  } finally {
    end(job, { state: 'cancelled' });
  }
}

/** Only the first end counts. */
function end(job: RunningJob, change: Parameters<RunningJob['change']>[1]): void {
  if (job.isRunning) job.change(0, job.signal.aborted ? { state: 'cancelled' } : change);
}
