import { Failure } from '@gantry/base';
import type { Bytes } from '../engine.ts';
import { demultiplex, multiplex, multiplexedFrame, type OutputPart, type OutputStream } from './multiplexed.ts';

async function* inPieces(bytes: Uint8Array, sizeBytes: () => number): Bytes {
  for (let at = 0; at < bytes.length;) {
    const size = sizeBytes();
    await Promise.resolve();
    yield bytes.slice(at, at + size);
    at += size;
  }
}

async function collect(parts: AsyncIterable<OutputPart>): Promise<Record<OutputStream, string>> {
  const text = { stdin: '', stdout: '', stderr: '', system: '' };
  for await (const { stream, bytes } of parts) text[stream] += Buffer.from(bytes).toString('latin1');
  return text;
}

test('a frame is the stream, three zeros, the length and the bytes', () => {
  expect([...multiplexedFrame('stderr', Buffer.from('hi'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
});

test.each([1, 2, 3, 7, 8, 9, 4096])('streams come apart again from pieces of %i bytes', async (size) => {
  const frames = Buffer.concat([
    multiplexedFrame('stdout', Buffer.from('out one\n')),
    multiplexedFrame('stderr', Buffer.from('error\n')),
    multiplexedFrame('stdout', Buffer.from('')),
    multiplexedFrame('stdout', Buffer.from('out two\n')),
  ]);
  expect(await collect(demultiplex(inPieces(frames, () => size)))).toEqual({
    stdin: '',
    stdout: 'out one\nout two\n',
    stderr: 'error\n',
    system: '',
  });
});

test('what is larger than a chunk may be is sent in several frames', async () => {
  const bytes = Buffer.alloc(200_000, 'abc');
  const parts = (async function* () {
    await Promise.resolve();
    yield { stream: 'stdout', bytes } as const;
  })();
  const framed: Uint8Array[] = [];
  for await (const frame of multiplex(parts)) framed.push(frame);
  expect(framed.every(({ length }) => length <= 65_536)).toBe(true);
  expect((await collect(demultiplex(inPieces(Buffer.concat(framed), () => 1000)))).stdout).toBe(bytes.toString());
});

test('an unknown stream and an end inside a frame are errors', async () => {
  const unknown = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 1, 65);
  await expect(collect(demultiplex(inPieces(unknown, () => 9)))).rejects.toThrow(
    new Failure('invalid', 'unknown stream 7 in a multiplexed stream'),
  );
  const cut = multiplexedFrame('stdout', Buffer.from('hello')).subarray(0, 10);
  await expect(collect(demultiplex(inPieces(cut, () => 9)))).rejects.toThrow('the multiplexed stream ends inside a frame');
});
