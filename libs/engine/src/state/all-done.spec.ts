import { allDone } from './all-done.ts';

test('a failure is told when the rest has come to its end', async () => {
  const rest = Promise.withResolvers<undefined>();
  const seen: string[] = [];
  const all = allDone([Promise.reject(new Error('first')), rest.promise.then(() => seen.push('rest'))]).catch((cause: unknown) => {
    seen.push((cause as Error).message);
  });

  await new Promise(setImmediate);
  expect(seen).toEqual([]);
  rest.resolve(undefined);
  await all;

  expect(seen).toEqual(['rest', 'first']);
});

test('what comes of each work is kept in its order', async () => {
  await expect(allDone([Promise.resolve(1), 'two'])).resolves.toEqual([1, 'two']);
});
