import { limitProblems, limitsOf, updateBody, updateCommand } from './limits-form.ts';

const before = limitsOf({ Memory: 512 * 1024 ** 2, NanoCpus: 1.5e9, PidsLimit: null, RestartPolicy: { Name: 'always' } });

test('limits are shown as one writes them', () => {
  expect(before).toEqual({ memory: '512m', cpus: '1.5', pids: '', restart: 'always' });
  expect(limitsOf({ PidsLimit: -1 })).toEqual({ memory: '', cpus: '', pids: '', restart: 'no' });
});

test('only what differs is asked for, and an empty field changes nothing', () => {
  expect(updateBody(before, before)).toEqual({});
  expect(updateBody(before, { ...before, memory: '1g', cpus: '', pids: '64', restart: 'no' })).toEqual({
    ...{ Memory: 1024 ** 3, MemorySwap: 2 * 1024 ** 3, PidsLimit: 64 },
    RestartPolicy: { Name: 'no' },
  });
  expect(updateCommand(before, { ...before, memory: '1g', restart: 'no' }, 'web')).toBe('docker update --memory 1g --restart no web');
});

test('what is no limit is named at its field', () => {
  expect(limitProblems({ memory: '1m', cpus: '0', pids: '1.5', restart: 'no' })).toEqual({
    memory: 'run.badMemory',
    cpus: 'run.badCpus',
    pids: 'config.badPids',
  });
});
