import type { Bytes } from '../engine.ts';
import { readSessionFrames, sessionBytes, type SessionNote, sessionNote } from './session-frames.ts';

const hello: SessionNote = { kind: 'hello', start: 3, end: 5_000_000_000, columns: 80, rows: 24 };
const ended: SessionNote = { kind: 'ended', exitCode: 137, cause: 'ended', by: 'ada' };

async function* inPieces(bytes: Uint8Array, size: number): Bytes {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

test.each([1, 3, 7, 10_000])('bytes and notes come out as they went in, however they are cut: %i at a time', async (size) => {
  const whole = Buffer.concat([
    sessionNote(hello),
    sessionBytes(Buffer.from('$ ls\r\n')),
    sessionBytes(new Uint8Array()),
    sessionBytes(Buffer.from('a b')),
    sessionNote({ kind: 'present', people: [{ id: '1', name: '王', mode: 'watch' }] }),
    sessionNote(ended),
  ]);
  const notes: SessionNote[] = [];
  let shown = '';
  for await (const part of readSessionFrames(inPieces(whole, size))) {
    if (part instanceof Uint8Array) shown += Buffer.from(part).toString();
    else notes.push(part);
  }

  expect(shown).toBe('$ ls\r\na b');
  expect(notes).toEqual([hello, { kind: 'present', people: [{ id: '1', name: '王', mode: 'watch' }] }, ended]);
});

const raw = (type: number, text: string): Uint8Array => {
  const frame = Buffer.from(sessionBytes(Buffer.from(text)));
  frame[0] = type;
  return frame;
};

test.each([
  ['a type that there is not', raw(7, 'x')],
  ['a note that is no JSON', raw(1, '{')],
  ['a note of no kind', raw(1, '{"kind":"x"}')],
  ['a size that is none', raw(1, '{"kind":"size","columns":-1,"rows":2}')],
  ['somebody in no way', raw(1, '{"kind":"present","people":[{"id":"1","name":"a","mode":"root"}]}')],
  ['an end for no cause', raw(1, '{"kind":"ended","cause":"x"}')],
  ['a note that is too long', raw(1, ' '.repeat(17_000))],
])('%s is refused', async (_what, bytes) => {
  await expect(Array.fromAsync(readSessionFrames(inPieces(bytes, 10_000)))).rejects.toMatchObject({ code: 'invalid' });
});
