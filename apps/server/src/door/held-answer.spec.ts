import { type Bytes, type HijackedResponse, noBytes, type PlainResponse } from '@gantry/engine-api';
import type { Hold } from '../access/standing.ts';
import { heldAnswer } from './held-answer.ts';

function hold(): { hold: Hold; take: () => void; isLetGo: () => boolean } {
  const taken = new AbortController();
  let isLetGo = false;
  const held: Hold = { signal: taken.signal, [Symbol.dispose]: () => void (isLetGo = true) };
  return { hold: held, take: () => taken.abort(new Error('the right is gone')), isLetGo: () => isLetGo };
}

const head = { status: 200, headers: new Map<string, string>() };

/** Says something once, then nothing for good. */
async function* silent(): Bytes {
  yield await Promise.resolve(Buffer.from('first'));
  await Promise.withResolvers<never>().promise;
}
async function* broken(): Bytes {
  yield await Promise.resolve(Buffer.from('first'));
  throw new Error('the engine is gone');
}

const ways: Readonly<Record<string, (body: Bytes, of: Hold) => Bytes>> = {
  'a stream': (body, of) => (heldAnswer({ kind: 'plain', ...head, body }, of) as PlainResponse).body as Bytes,
  'a terminal': (body, of) =>
    (heldAnswer({ kind: 'hijacked', headers: new Map(), open: () => body }, of) as HijackedResponse).open(noBytes),
};

test('a whole answer is there already: nothing of it is held', () => {
  const { hold: held, isLetGo } = hold();
  const response: PlainResponse = { kind: 'plain', ...head, body: Buffer.from('all') };
  expect(heldAnswer(response, held)).toBe(response);
  expect(isLetGo()).toBe(true);
});

test.each(Object.keys(ways))('%s ends at once with the right to it, says why, and lets go', async (way) => {
  const { hold: held, take, isLetGo } = hold();
  const reading = ways[way]?.(silent(), held)[Symbol.asyncIterator]();
  expect(Buffer.from((await reading?.next())?.value as Uint8Array).toString()).toBe('first');
  expect(isLetGo()).toBe(false);
  const next = reading?.next();
  take();
  await expect(next).rejects.toThrow('the right is gone');
  expect(isLetGo()).toBe(true);
});

test.each(Object.keys(ways))('%s whose engine breaks off says what the engine said', async (way) => {
  const { hold: held, isLetGo } = hold();
  await expect(Array.fromAsync(ways[way]?.(broken(), held) ?? [])).rejects.toThrow('the engine is gone');
  expect(isLetGo()).toBe(true);
});
