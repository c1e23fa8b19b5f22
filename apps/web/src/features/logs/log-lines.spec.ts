import { LineReader } from './log-lines.ts';
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
