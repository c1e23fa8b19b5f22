import { Budget } from './budget.ts';

test('each key has its tries at once, and gets them back one by one, however they went', () => {
  const budget = new Budget(3, 60_000);
  const spend = (key: string, atSeconds: number) => () => budget.spend(key, atSeconds * 1000);
  const none = (retryAfterSeconds: number): Error =>
    expect.objectContaining({ code: 'exhausted', details: { retryAfterSeconds } }) as Error;

  for (const second of [100, 100, 100]) expect(spend('a', second)).not.toThrow();
  expect(spend('a', 100)).toThrow(none(60));
  expect(spend('b', 100)).not.toThrow();
  expect(spend('a', 159)).toThrow(none(1));
  expect(spend('a', 160)).not.toThrow();
  expect(spend('a', 160)).toThrow(none(60));
  for (const second of [10_000, 10_000, 10_000]) expect(spend('a', second)).not.toThrow();
  expect(spend('a', 10_000)).toThrow(none(60));
});
