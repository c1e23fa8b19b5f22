import { Lock } from './lock.ts';

test('a lock lets its holders in one by one, in the order of asking', async () => {
  const lock = new Lock();
  const seen: number[] = [];
  const work = async (number: number): Promise<void> => {
    using _held = await lock.hold();
    seen.push(number);
    await Promise.resolve();
    seen.push(number);
  };

  await Promise.all([work(1), work(2), work(3)]);

  expect(seen).toEqual([1, 1, 2, 2, 3, 3]);
});

test('who gives up waiting does not stop those behind', async () => {
  const lock = new Lock();
  const held = await lock.hold();
  const gone = new AbortController();
  const givingUp = lock.hold(gone.signal);
  const patient = lock.hold();

  gone.abort();
  await expect(givingUp).rejects.toMatchObject({ code: 'cancelled' });
  held[Symbol.dispose]();

  await expect(patient).resolves.toBeDefined();
});
