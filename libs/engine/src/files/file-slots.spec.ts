import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Caller } from '@gantry/engine-api';
import { FileSlots } from './file-slots.ts';

const { signal } = new AbortController();
const person = (id: string): Caller => ({ kind: 'person', id, name: id, requestId: 'r' });
const limits = { inAll: 3, ofOnePerson: 2, waiting: 2, patienceMs: 50 };

test('one caller leaves room for others, and who waits comes in when that caller is done', async () => {
  const slots = new FileSlots({ ...limits, patienceMs: 5000 });
  const first = await slots.take(person('a'), signal);
  using _second = await slots.take(person('a'), signal);
  let isIn = false;
  const third = slots.take(person('a'), signal).then((slot) => {
    isIn = true;
    return slot;
  });
  using _other = await slots.take(person('b'), signal);
  await turn();
  expect(isIn).toBe(false);

  first[Symbol.dispose]();
  first[Symbol.dispose]();

  using _third = await third;
  expect(isIn).toBe(true);
});

test('who waits too long, or with too many, is told how many are at work', async () => {
  const slots = new FileSlots(limits);
  using _first = await slots.take(person('a'), signal);
  using _second = await slots.take(person('a'), signal);
  const waiting = [slots.take(person('a'), signal), slots.take(person('a'), signal)];

  await expect(slots.take(person('a'), signal)).rejects.toMatchObject({ code: 'exhausted' });
  for (const one of waiting)
    await expect(one).rejects.toMatchObject({
      code: 'exhausted',
      message: 'too many requests work with files: 2 of them, 2 of this caller',
    });
});

test('who goes away while it waits takes nothing', async () => {
  const slots = new FileSlots({ ...limits, inAll: 1, patienceMs: 5000 });
  const first = await slots.take(person('a'), signal);
  const gone = new AbortController();
  const waiting = slots.take(person('b'), gone.signal);
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  first[Symbol.dispose]();

  using _next = await slots.take(person('c'), signal);
});

test('a process of the host and a part of Gantry have as many as there are, and wait for as long as it takes', async () => {
  const slots = new FileSlots({ ...limits, waiting: 0, patienceMs: 0 });
  const process: Caller = { kind: 'process', uid: 0 };
  const first = await slots.take(process, signal);
  using _second = await slots.take(process, signal);
  using _third = await slots.take(process, signal);
  const waiting = [slots.take({ kind: 'gantry', part: 'inventory' }, signal), slots.take(process, signal)];
  await expect(slots.take(person('a'), signal)).rejects.toMatchObject({ code: 'exhausted' });
  await delay(20);

  first[Symbol.dispose]();
  using part = await waiting[0];
  part?.[Symbol.dispose]();
  using _next = await waiting[1];
});
