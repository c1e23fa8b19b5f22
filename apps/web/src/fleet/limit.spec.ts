import { limit } from './limit.ts';

test('no more than so many run at once, the others in their order, and a failure frees its place', async () => {
  const run = limit(2);
  const log: string[] = [];
  const work = (name: string, fails = false) =>
    run(async () => {
      log.push(`+${name}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(`-${name}`);
      if (fails) throw new Error(name);
      return name;
    });
  const answers = await Promise.allSettled([work('a', true), work('b'), work('c'), work('d')]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  let running = 0;
  const most = Math.max(...log.map((entry) => (running += entry.startsWith('+') ? 1 : -1)));
  expect(most).toBe(2);
  expect(log.filter((entry) => entry.startsWith('+'))).toEqual(['+a', '+b', '+c', '+d']);
});
