import type { Job } from '@gantry/contract';
import { JobBoard } from './job-board.ts';

const host = '10000000-0000-4000-8000-000000000001';
const job: Job = {
  ...{ id: 'j', kind: 'containers', action: 'stop', who: 'ada', isOwn: true, mayCancel: true, state: 'running', startedAtMs: 1 },
  steps: [
    { at: 0, host, name: 'a', state: 'running' },
    { at: 2, host, name: 'c', state: 'waiting' },
  ],
};

test('a message that holds only what has changed leaves the other steps as they are', () => {
  const heard: string[] = [];
  const board = new JobBoard((_job, { name, state }) => heard.push(`${name} ${state}`));
  board.takeAll([job]);
  board.take({ upserts: [{ ...job, steps: [{ at: 2, host, name: 'c', state: 'done' }] }], gone: [] });
  board.take({ upserts: [{ ...job, steps: [{ at: 2, host, name: 'c', state: 'done', sequence: 4 }] }], gone: [] });

  expect(board.jobs.get('j')?.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(['a running', 'c done']);
  expect(heard).toEqual(['a running', 'c waiting', 'c done']);
});

test('what runs comes first, and what the server has forgotten is gone', () => {
  const board = new JobBoard();
  board.takeAll([{ ...job, id: 'old', startedAtMs: 0 }, { ...job, id: 'done', state: 'done', startedAtMs: 9 }, job]);
  expect(board.list.value.map(({ id }) => id)).toEqual(['j', 'old', 'done']);
  expect(board.running.value).toBe(2);
  board.takeAll([job]);
  expect([...board.jobs.keys()]).toEqual(['j']);
  board.take({ upserts: [], gone: ['j'] });
  expect(board.jobs.size).toBe(0);
});
