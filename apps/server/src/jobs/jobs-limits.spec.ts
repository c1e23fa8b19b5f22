import { grantOf, type Rights } from '@gantry/access';
import type { JobStep } from '@gantry/contract';
import { eventually } from '@gantry/base/testing';
import { Resources } from '../access/resources.ts';
import { JobsPublisher } from '../browsers/jobs-publisher.ts';
import type { Viewers } from '../browsers/viewers.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostDirectory } from '../hosts/host-directory.ts';
import { Jobs, type JobViewer } from './jobs.ts';
import type { RunningJob } from './running-job.ts';

const known = (id: string) => ({ id, groups: [], labels: {} });
const hosts = { find: known, place: known } as unknown as HostDirectory;
const everywhere: Rights = { grants: [grantOf({ id: 'g', role: 'owner', scope: { kind: 'global' } })] };
const on = (host: string): Rights => ({ grants: [grantOf({ id: 'g', role: 'viewer', scope: { kind: 'host', host } })] });
let jobs: Jobs;

beforeEach(() => {
  jobs = new Jobs(new Resources(hosts, {} as Fleet));
});

function open(who: string, count = 1, host = (at: number): string => `h${at}`): RunningJob {
  const steps = Array.from({ length: count }, (_, at) => ({ step: { at, host: host(at), name: '', state: 'waiting' } satisfies JobStep }));
  return jobs.open({ kind: 'pull', action: 'pull', userId: who, who, credential: `of ${who}`, steps });
}

function viewer(userId: string, rights: Rights, sessionId = `of ${userId}`): JobViewer {
  return { userId, sessionId, rights };
}

const count = (who: string): number => jobs.list(viewer(who, { grants: [] })).length;

test('of each person the last twenty that ended are kept, and of everybody no more steps than memory is for', () => {
  for (let made = 0; made < 25; made += 1) open('ada').cancel();
  open('ben').cancel();
  expect([count('ada'), count('ben')]).toEqual([20, 1]);

  for (let made = 0; made < 6; made += 1) open('cleo', 4_000).cancel();
  open('ben');
  expect([count('ada'), count('cleo'), count('ben')]).toEqual([0, 4, 1]);
});

test('nobody has more steps running than their share, and all together no more than there is memory for', () => {
  open('ada', 3_000);
  expect(() => open('ada', 2_001)).toThrow('ada has jobs of 3000 steps running already, and 2001 more are too many (at most 5000)');
  for (const who of ['ben', 'cleo', 'dora']) open(who, 5_000);
  open('ada', 2_000);
  expect(() => open('eve')).toThrow('too much is running already for 1 more steps');
});

test('a job of thousands of steps is cancelled at once', () => {
  const job = open('ada', 5_000);
  const before = process.cpuUsage();
  job.cancel();
  expect([job.state, job.isRunning]).toEqual(['cancelled', false]);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

test('who sees a part of a job hears how that part goes, and nothing of the rest', () => {
  const job = open('ada', 2);
  const other = viewer('ben', on('h0'));
  const told = (): unknown => {
    const seen = jobs.seenBy(other, job);
    return seen && [seen.state, seen.steps.length, seen.endedAtMs === undefined, seen.mayCancel];
  };
  job.change(1, { state: 'failed' });
  expect(told()).toEqual(['running', 1, true, false]);
  job.change(0, { state: 'done' });
  expect(told()).toEqual(['done', 1, false, false]);
  expect(job.state).toBe('failed');
  expect(jobs.seenBy(other, job, new Set([1]))).toBeUndefined();
});

test('a token with limits has the jobs that were begun with it; others of its owner are those of somebody else', () => {
  const job = open('ada', 1);
  const limited = { ...everywhere, within: [] };
  expect(() => jobs.cancel(viewer('ada', limited, 'a token'), job.id)).toThrow(`no such job: ${job.id}`);
  const toSee = { ...everywhere, within: on('h0').grants };
  expect(jobs.seenBy(viewer('ada', toSee, 'a token'), job)).toMatchObject({ isOwn: false, mayCancel: false });
  expect(() => jobs.cancel(viewer('ada', toSee, 'a token'), job.id)).toThrow('job:manage is needed');
  expect(jobs.seenBy(viewer('ada', limited), job)).toMatchObject({ isOwn: true, mayCancel: true });
  jobs.cancel(viewer('ada', { grants: [] }, 'another session'), job.id);
  expect(job.state).toBe('cancelled');
});

test('a page hears only of jobs it has seen that they are forgotten', async () => {
  const heard: string[] = [];
  const page = (name: string, rights: Rights): object => ({
    ...viewer(name, rights),
    send: (_: string, { gone }: { gone: readonly string[] }) => heard.push(`${name} ${gone.join(' ')}`),
  });
  const publisher = new JobsPublisher(jobs, { all: [page('ben', on('h0')), page('cleo', on('h9'))] } as unknown as Viewers);
  publisher.onModuleInit();
  const job = open('ada');
  jobs.forget(job);

  await eventually(() => expect(heard).toEqual([`ben ${job.id}`]));
  publisher.onModuleDestroy();
});
