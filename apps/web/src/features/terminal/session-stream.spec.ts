import { Failure } from '@gantry/base';
import { ByteQueue, type Bytes, sessionBytes, type SessionNote, sessionNote } from '@gantry/engine-api/client';
import { SessionStream } from './session-stream.ts';

const hello = (start: number, end: number): Uint8Array => sessionNote({ kind: 'hello', start, end, columns: 80, rows: 24 });
const text = (shown: string): Uint8Array => sessionBytes(Buffer.from(shown));

/** Connections one after another: the frames of each, and how it breaks. */
function streamOver(connections: readonly (readonly Uint8Array[])[], isNew = false) {
  const asked: number[] = [];
  const seen = { shown: '', old: '', notes: [] as SessionNote[], skipped: 0, linked: [] as boolean[] };
  const stream: SessionStream = new SessionStream({
    isNew,
    attach: (from) => {
      const frames = connections[asked.length];
      asked.push(from);
      if (!frames) return Promise.reject(new Failure('forbidden', 'this was taken away'));
      return Promise.resolve({ kind: 'hijacked', headers: new Map(), open: () => broken(frames) });
    },
    view: {
      show: (bytes) => {
        seen.shown += Buffer.from(bytes).toString();
        if (stream.isOld) seen.old += Buffer.from(bytes).toString();
        return Promise.resolve();
      },
      skipped: (bytes) => (seen.skipped += bytes),
      told: (note) => seen.notes.push(note),
      linked: (isLinked) => seen.linked.push(isLinked),
    },
    pause: () => Promise.resolve(),
  });
  return { stream, asked, seen };
}

/** The frames, two bytes at a time; then the connection is gone, unless the session has said that it ended. */
async function* broken(frames: readonly Uint8Array[]): Bytes {
  const whole = Buffer.concat(frames);
  for (let at = 0; at < whole.length; at += 2) yield await Promise.resolve(whole.subarray(at, at + 2));
  throw new Failure('unavailable', 'link lost');
}

test('what is shown over several connections is shown once: each is asked for what comes next, also in the middle of a frame', async () => {
  const cut = text('cdefgh').subarray(0, 8);
  const { stream, asked, seen } = streamOver([
    [hello(0, 0), text('ab'), cut],
    [hello(5, 7), text('fg'), text('h')],
    [hello(8, 8), sessionNote({ kind: 'ended', exitCode: 0 })],
  ]);

  expect(await stream.run(AbortSignal.timeout(60_000))).toEqual({ kind: 'ended', exitCode: 0 });
  expect([seen.shown, asked]).toEqual(['abcdefgh', [0, 5, 8]]);
  expect(seen.linked).toEqual([true, false, true, false, true]);
  expect(seen.skipped).toBe(0);
});

test('bytes that are not kept any more are counted, and what follows has its place', async () => {
  const { stream, asked, seen } = streamOver([
    [hello(100, 104), text('abcd')],
    [hello(204, 210), text('uvwxyz'), sessionNote({ kind: 'skipped', to: 230 }), text('!')],
    [hello(231, 231), sessionNote({ kind: 'ended' })],
  ]);
  await stream.run(AbortSignal.timeout(60_000));

  expect([asked, seen.shown, seen.skipped]).toEqual([[0, 104, 231], 'abcduvwxyz!', 120]);
});

test('what was shown before a page attached is old: its questions are answered already; of a terminal that it has just opened nothing is', async () => {
  const frames = [hello(0, 4), text('old'), text('.'), text('new'), sessionNote({ kind: 'ended' })];
  const [again, fresh] = [streamOver([frames]), streamOver([frames], true)];
  await Promise.all([again.stream.run(AbortSignal.timeout(60_000)), fresh.stream.run(AbortSignal.timeout(5000))]);

  expect([again.seen.old, fresh.seen.old]).toEqual(['old.', '']);
});

test('where the right is gone it ends with the reason and asks no more', async () => {
  const { stream, asked } = streamOver([[hello(0, 0), text('a')]]);

  await expect(stream.run(AbortSignal.timeout(60_000))).rejects.toThrow('this was taken away');
  expect(asked).toEqual([0, 1]);
});

test('what is typed goes out as frames, also what was typed while nothing was attached, and so does the size', async () => {
  const typed = new ByteQueue(1000);
  const stream = new SessionStream({
    isNew: true,
    attach: () =>
      Promise.resolve({
        kind: 'hijacked',
        headers: new Map(),
        open: (input) => {
          void (async () => {
            for await (const chunk of input) typed.offer(chunk);
            typed.end();
          })();
          return (async function* () {
            yield await Promise.resolve(hello(0, 0));
            stream.type(Buffer.from('ls\n'));
            stream.resize(100, 30);
            yield sessionNote({ kind: 'ended' });
          })();
        },
      }),
    view: { show: () => Promise.resolve(), skipped: () => undefined, told: () => undefined, linked: () => undefined },
    pause: () => Promise.resolve(),
  });
  stream.type(Buffer.from('cd /\n'));
  await stream.run(AbortSignal.timeout(60_000));

  const sent = Buffer.concat(await Array.fromAsync(typed.bytes));
  expect(sent.equals(Buffer.concat([text('cd /\n'), text('ls\n'), sessionNote({ kind: 'size', columns: 100, rows: 30 })]))).toBe(true);
});
