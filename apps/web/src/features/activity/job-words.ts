import type { Job } from '@gantry/contract';
import type { ShownState } from '../../fleet/state.ts';
import { type MessageKey, text } from '../../i18n/i18n.ts';

const calls: Readonly<Partial<Record<string, MessageKey>>> = {
  ImageCreate: 'jobs.pull',
  ImageLoad: 'jobs.load',
  ImageBuild: 'jobs.build',
  ImagePush: 'jobs.push',
  ContainerCommit: 'jobs.commit',
  ImagePrune: 'jobs.clean.images',
  ContainerPrune: 'jobs.clean.containers',
  VolumePrune: 'jobs.clean.volumes',
  NetworkPrune: 'jobs.clean.networks',
  BuildPrune: 'jobs.clean.builds',
};

/** What a job is about, in a few words: `Pull nginx:1.29`, `Restart 12 containers`. */
export function jobTitle({ kind, action, reference = '', steps }: Job): string {
  switch (kind) {
    case 'pull':
      return text('jobs.pull', { name: reference });
    case 'prune':
      return text(`jobs.clean.${action as 'images'}`);
    case 'containers': {
      const [only, another] = steps;
      const verb = text(`verb.${action as 'start'}`);
      return only && !another ? text('jobs.one', { verb, name: only.name }) : text('jobs.many', { verb, count: steps.length });
    }
    case 'call': {
      const key = calls[action];
      return key ? text(key, { name: reference }).trim() : action;
    }
  }
}

const states = {
  running: 'moving',
  done: 'running',
  failed: 'failed',
  cancelled: 'exited',
  waiting: 'created',
} as const satisfies Record<Job['state'] | 'waiting', ShownState>;

/** The shape that a job or step is shown with. */
export function jobState(state: keyof typeof states): ShownState {
  return states[state];
}

/** How far a job is, 0 to 1: by bytes where they are known, else by its steps. */
export function jobShare({ steps }: Job): number {
  const parts = steps.map(({ state, progress }) => {
    if (state === 'running') return progress?.totalBytes ? progress.bytes / progress.totalBytes : 0;
    return state === 'waiting' ? 0 : 1;
  });
  return parts.length ? parts.reduce((all, part) => all + part, 0) / parts.length : 0;
}

/** What came of it over all its steps: how many of how many, how many failed, what was freed. */
export function jobSums({ steps }: Job) {
  const count = (state: Job['steps'][number]['state']): number => steps.filter((step) => step.state === state).length;
  return {
    done: count('done'),
    failed: count('failed'),
    total: steps.length,
    removed: steps.reduce((all, { removed = 0 }) => all + removed, 0),
    reclaimedBytes: steps.reduce((all, { reclaimedBytes = 0 }) => all + reclaimedBytes, 0),
  };
}
