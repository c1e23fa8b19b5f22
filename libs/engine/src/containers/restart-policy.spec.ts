import type { Exit } from './container.ts';
import { restartsAfter, startsWithEngine } from './restart-policy.ts';

const exit = (code: number): Exit => ({ code, atMs: 2000, startedAtMs: 1000, isOutOfMemory: false, error: '' });
const starts = (policy: string, { code = 5, byHand = false, restarts = 0 } = {}): boolean =>
  startsWithEngine(
    { Name: policy, MaximumRetryCount: 3 },
    {
      exit: exit(code),
      isStoppedByHand: byHand,
      restarts,
    },
  );

test('with the engine starts what its policy keeps running and nobody has stopped', () => {
  expect(starts('always', { byHand: true })).toBe(true);
  expect(starts('unless-stopped')).toBe(true);
  expect(starts('unless-stopped', { byHand: true })).toBe(false);
  expect(starts('no')).toBe(false);
});

test('a restart of the engine gives a container that fails no tries beyond its own, and does not start what was stopped', () => {
  expect(starts('on-failure', { restarts: 2 })).toBe(true);
  expect(starts('on-failure', { restarts: 3 })).toBe(false);
  expect(starts('on-failure', { code: 137, byHand: true })).toBe(false);
  expect(starts('on-failure', { code: 0 })).toBe(false);
});

test('a container that fails is restarted as often as its policy says', () => {
  const policy = { Name: 'on-failure', MaximumRetryCount: 0 } as Parameters<typeof restartsAfter>[0];
  expect(restartsAfter(policy, exit(1), 1000)).toBe(true);
  expect(restartsAfter({ ...policy, MaximumRetryCount: 2 }, exit(1), 2)).toBe(false);
});
