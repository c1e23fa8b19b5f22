import type { EngineEvent } from './engine-event.ts';
import { EventLog } from './event-log.ts';

const event = (action: string) => ({ type: 'container', action, actorId: 'a', attributes: {} }) as const;
const all = (): boolean => true;
const actions = async (events: AsyncIterable<EngineEvent>): Promise<string[]> =>
  (await Array.fromAsync(events)).map(({ action }) => action);

test('a subscriber sees what is published after it asked, in order, until its signal', async () => {
  const log = new EventLog();
  const stop = new AbortController();
  log.publish(event('before'));
  const seen = actions(log.follow({ matches: all }, stop.signal));

  log.publish(event('create'));
  log.publish(event('start'));
  setTimeout(() => stop.abort(), 10);

  expect(await seen).toEqual(['create', 'start']);
});

test('since replays from memory and until in the past ends at once', async () => {
  const log = new EventLog();
  for (const action of ['one', 'two', 'three']) log.publish(event(action));
  const far = BigInt(Date.now() - 60_000) * 1_000_000n;

  const query = { matches: ({ action }: EngineEvent) => action !== 'two', sinceNano: far, untilNano: far + 1n };
  expect(await actions(log.follow(query, AbortSignal.timeout(5000)))).toEqual([]);

  const until = BigInt(Date.now() + 50) * 1_000_000n;
  expect(await actions(log.follow({ ...query, untilNano: until }, AbortSignal.timeout(5000)))).toEqual(['one', 'three']);
});

test('times rise strictly', () => {
  const log = new EventLog();
  const times: bigint[] = [];
  using _ = log.listen(({ timeNano }) => times.push(timeNano));
  for (let at = 0; at < 100; at++) log.publish(event('x'));

  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0n))).toBe(true);
});
