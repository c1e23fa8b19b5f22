import { eventually } from '@gantry/base/testing';
import { type Fresh, keepFresh } from './keep-fresh.ts';

/** A server that answers when the test says so. */
function asked(): { fresh: Fresh; said: string[]; answer: (isAnswered: boolean) => void; connection: { isUp: boolean } } {
  const [said, waiting]: [string[], ((isAnswered: boolean) => void)[]] = [[], []];
  const connection = { isUp: true };
  const fresh = keepFresh({
    ask: () => new Promise((resolve) => said.push('asked') && waiting.push(resolve)),
    isConnected: () => connection.isUp,
    tell: (state) => said.push(state),
    signal: new AbortController().signal,
    pauseMs: () => 1,
  });
  return { fresh, said, answer: (isAnswered) => waiting.shift()?.(isAnswered), connection };
}

test('news that come before the answer wait for it, and are taken in their order', async () => {
  const { fresh, said, answer } = asked();
  const news =
    (name: string, isTaken = true) =>
    (): boolean =>
      said.push(name) > 0 && isTaken;
  fresh.refresh();
  fresh.take(news('first'));
  fresh.take(news('second'));
  expect(said).toEqual(['asked']);
  answer(true);
  await eventually(() => expect(said).toEqual(['asked', 'live', 'first', 'second']));
  fresh.take(news('third'));
  expect(said.at(-1)).toBe('third');
});

test('where something was missed, before the answer or after it, everything is asked for again', async () => {
  const { fresh, said, answer } = asked();
  const missed = (): boolean => false;
  fresh.refresh();
  fresh.take(missed);
  answer(true);
  await eventually(() => expect(said).toEqual(['asked', 'live', 'asked']));
  answer(true);
  await eventually(() => expect(said.at(-1)).toBe('live'));
  await new Promise((resolve) => setImmediate(resolve));
  fresh.take(missed);
  await eventually(() => expect(said.slice(3)).toEqual(['live', 'asked']));
});

test('a server that cannot be asked is asked again, as long as there is a connection', async () => {
  const { fresh, said, answer, connection } = asked();
  fresh.refresh();
  answer(false);
  await eventually(() => expect(said).toEqual(['asked', 'lost', 'asked']));
  connection.isUp = false;
  answer(false);
  await eventually(() => expect(said).toEqual(['asked', 'lost', 'asked', 'lost']));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(said).toHaveLength(4);
  connection.isUp = true;
  fresh.refresh();
  answer(true);
  await eventually(() => expect(said.slice(4)).toEqual(['asked', 'live']));
});
