import { LineReader, type ReadLine, seenAfter, withoutSeen } from './log-lines.ts';
import { markedSpans } from './marked-spans.ts';
import { finderOf } from './log-search.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('lines come out whole, whatever pieces their bytes come in', () => {
  const whole = bytes('2026-01-02T03:04:05.678901Z 订单 88213 已发货\n2026-01-02T03:04:06Z b\n');
  for (let size = 1; size < 9; size++) {
    const reader = new LineReader();
    const read = [];
    for (let at = 0; at < whole.length; at += size) read.push(...reader.push({ stream: 'stdout', bytes: whole.subarray(at, at + size) }));
    expect(read).toEqual([
      { atMs: Date.parse('2026-01-02T03:04:05.678Z'), isError: false, text: '订单 88213 已发货' },
      { atMs: Date.parse('2026-01-02T03:04:06Z'), isError: false, text: 'b' },
    ]);
    expect(reader.end()).toEqual([]);
  }
});

test('the two streams do not cut into each other', () => {
  const reader = new LineReader();
  expect(reader.push({ stream: 'stdout', bytes: bytes('out ') })).toEqual([]);
  expect(reader.push({ stream: 'stderr', bytes: bytes('error\n') })).toEqual([{ atMs: undefined, isError: true, text: 'error' }]);
  expect(reader.push({ stream: 'stdout', bytes: bytes('put\r\n') })).toEqual([{ atMs: undefined, isError: false, text: 'out put' }]);
});

test('a line without an end is shown when the stream ends, and cut when it grows beyond 64 KiB', () => {
  const reader = new LineReader();
  expect(reader.push({ stream: 'stdout', bytes: bytes('x'.repeat(70_000)) }).map(({ text }) => text.length)).toEqual([65_536]);
  expect(reader.end().map(({ text }) => text.length)).toEqual([70_000 - 65_536]);
});

test('of a progress bar the last state stays', () => {
  expect(new LineReader().push({ stream: 'stdout', bytes: bytes('10%\r50%\r100%\n') })[0]?.text).toBe('100%');
});

test('a match is marked across colours and the rest stays as it was', () => {
  const marked = markedSpans('a \x1b[31mtimed\x1b[0m out', finderOf('timed out'));
  expect(marked.filter(({ isMarked }) => isMarked).map(({ text }) => text)).toEqual(['timed', ' out']);
  expect(marked.map(({ text }) => text).join('')).toBe('a timed out');
});

test('a log that is read again after a cut goes on with the next line, also among lines of one time', () => {
  const line = (atMs: number, text: string): ReadLine => ({ atMs, isError: false, text });
  const log = [line(1, 'a'), line(2, 'b'), line(2, 'b'), line(2, 'c'), line(2, 'b'), line(3, 'd')];
  for (let cut = 1; cut <= log.length; cut++) {
    const read = log.slice(0, cut);
    const seen = seenAfter(seenAfter(undefined, read.slice(0, 1)), read.slice(1));
    const again = log.filter(({ atMs = 0 }) => atMs >= (seen?.atMs ?? 0));
    const unseen = withoutSeen(seen);
    const rest = again.flatMap((one) => unseen([one]));

    expect([...read, ...rest]).toEqual(log);
  }
});
