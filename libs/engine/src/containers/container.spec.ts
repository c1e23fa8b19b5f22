import { can, type ContainerState, exitOf, statusWord } from './container.ts';

const exit = { code: 3, atMs: 2, startedAtMs: 1, isOutOfMemory: false, error: '' };

test('an exited container can be started and removed, but not killed', () => {
  const state: ContainerState = { name: 'exited', exit };

  expect([can(state, 'start'), can(state, 'remove'), can(state, 'kill')]).toEqual([true, true, false]);
  expect(exitOf(state)?.code).toBe(3);
});

test('a container whose start failed is still created, with the code of the failure', () => {
  const state: ContainerState = { name: 'created', failure: { ...exit, code: 127 } };

  expect(statusWord(state)).toBe('created');
  expect(exitOf(state)?.code).toBe(127);
  expect(can(state, 'start')).toBe(true);
});

test('a starting container is created in the words of the API', () => {
  expect(statusWord({ name: 'starting', by: 'hand', bootId: 'x' })).toBe('created');
});
