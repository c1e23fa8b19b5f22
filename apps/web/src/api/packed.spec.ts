import { deflateRawSync } from 'node:zlib';
import { eventually } from '@gantry/base/testing';
import { inOrder } from './packed.ts';

function packed(value: unknown): ArrayBuffer {
  return new Uint8Array(deflateRawSync(JSON.stringify(value))).buffer;
}

test('payloads are taken in the order in which they came, packed or not', async () => {
  const taken: unknown[] = [];
  const take = inOrder(() => undefined);
  const keep = (payload: unknown): void => void taken.push(payload);
  take('first', keep);
  expect(taken).toEqual(['first']);
  take(packed({ large: 'x'.repeat(50_000) }), keep);
  take('third', keep);
  take(packed('fourth'), keep);
  take('fifth', keep);
  expect(taken).toEqual(['first']);
  await eventually(() => expect(taken).toEqual(['first', { large: 'x'.repeat(50_000) }, 'third', 'fourth', 'fifth']));
});

test('what cannot be read, or is refused by who takes it, is told, and what follows is taken', async () => {
  const taken: unknown[] = [];
  const take = inOrder(() => taken.push('lost'));
  const refuse = (): void => {
    throw new Error('no');
  };
  take('plain', refuse);
  expect(taken.splice(0)).toEqual(['lost']);
  take(new Uint8Array([1, 2, 3]).buffer, () => undefined);
  take('next', (payload) => void taken.push(payload));
  await eventually(() => expect(taken).toEqual(['lost', 'next']));
});
