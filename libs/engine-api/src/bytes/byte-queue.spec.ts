import { patterned } from '../testing/case-engine.ts';
import { ByteQueue } from './byte-queue.ts';

async function read(queue: ByteQueue): Promise<{ bytes: Buffer; chunks: number }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of queue.bytes) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), chunks: chunks.length };
}

test('small chunks come out joined, large ones as they were, all in order', async () => {
  const queue = new ByteQueue(1_000_000);
  const sizes = [1, 1, 5000, 1, 4096, 1, 100_000, ...Array.from({ length: 5000 }, () => 3)];
  let at = 0;
  for (const size of sizes) {
    queue.offer(patterned(at, size));
    at += size;
  }
  queue.end();
  const { bytes, chunks } = await read(queue);
  expect(bytes.equals(patterned(0, at))).toBe(true);
  expect(chunks).toBeLessThan(12);
});

test('what was taken is not written over by what comes next', async () => {
  const queue = new ByteQueue(1000);
  const iterator = queue.bytes[Symbol.asyncIterator]();
  queue.offer(Buffer.from('first'));
  queue.offer(Buffer.from('a'));
  const taken = [(await iterator.next()).value as Uint8Array];
  queue.offer(Buffer.from('b'));
  taken.push((await iterator.next()).value as Uint8Array);
  queue.offer(Buffer.from('c'));
  taken.push((await iterator.next()).value as Uint8Array);
  expect(taken.map((chunk) => Buffer.from(chunk).toString())).toEqual(['first', 'ab', 'c']);
});

test('a writer waits for room, and no longer once the reader has stopped', async () => {
  const queue = new ByteQueue(4);
  const iterator = queue.bytes[Symbol.asyncIterator]();
  let written = 0;
  const writing = (async () => {
    for (; written < 5; written++) await queue.push(Buffer.from('four'));
  })();
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toBe(0);
  await iterator.next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toBe(1);
  await iterator.return?.();
  await writing;
  expect([written, queue.isStopped, queue.queuedBytes]).toEqual([5, true, 0]);
});

test('of several writers that wait for room each goes on when there is some', async () => {
  const queue = new ByteQueue(4);
  const written: string[] = [];
  const write = async (word: string): Promise<void> => {
    await queue.push(Buffer.from(word));
    written.push(word);
  };
  const writing = Promise.all([write('left'), write('right')]);
  queue.end();
  await read(queue);
  await writing;
  expect(written.sort()).toEqual(['left', 'right']);
});

test('a failure comes before what is queued, an end after it', async () => {
  const [failing, ending] = [new ByteQueue(100), new ByteQueue(100)];
  for (const queue of [failing, ending]) queue.offer(Buffer.from('x'));
  failing.fail(new Error('gone'));
  ending.end();
  await expect(read(failing)).rejects.toThrow('gone');
  expect((await read(ending)).bytes.toString()).toBe('x');
});

test('a pending read ends when its reader stops, and bytes are read once', async () => {
  const queue = new ByteQueue(100);
  const iterator = queue.bytes[Symbol.asyncIterator]();
  const pending = iterator.next();
  await iterator.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(() => queue.bytes[Symbol.asyncIterator]()).toThrow('these bytes are read already');
});
