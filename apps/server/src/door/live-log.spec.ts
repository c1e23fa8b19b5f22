import { eventually } from '@gantry/base/testing';
import {
  type Bytes,
  demultiplex,
  type Engine,
  type EngineRequest,
  multiplexedFrame,
  multiplexedStream,
  noBytes,
  type PlainResponse,
} from '@gantry/engine-api';
import { liveLogs } from './live-log.ts';

const total = 40_000;
let isClosed = false;
/** How many lines of the log were made. */
let made = 0;

/** So many numbered lines as fast as they are read, cut anywhere. */
async function* log(): Bytes {
  try {
    let text = '';
    for (let line = 0; line < total; line++) {
      made = line + 1;
      text += `line ${line} ${'x'.repeat(line % 90)}\n`;
      if (line % 97 === 0 || line === total - 1) {
        const frame = multiplexedFrame(line % 2 ? 'stdout' : 'stderr', new TextEncoder().encode(text));
        text = '';
        const cut = frame.length >> 1;
        yield frame.slice(0, cut);
        yield await Promise.resolve(frame.slice(cut));
      }
    }
  } finally {
    isClosed = true;
  }
}

const engine: Engine = () =>
  Promise.resolve({ kind: 'plain', status: 200, headers: new Map([['content-type', multiplexedStream]]), body: log() });

async function ask(headers: Record<string, string>): Promise<Bytes> {
  const request: EngineRequest = {
    ...{
      method: 'GET',
      target: '/engine/h/v1.51/containers/web/logs?follow=1',
      headers: new Map(Object.entries(headers)),
      upgrade: 'none',
    },
    ...{ body: noBytes, caller: { kind: 'gantry', part: 'test' }, signal: new AbortController().signal },
  };
  return ((await liveLogs(engine)(request)) as PlainResponse).body as Bytes;
}

interface Read {
  lines: number;
  skipped: number;
  isWhole: boolean;
}

/** Reads as slowly as somebody with a poor connection: at first nothing, until so many lines were made. */
async function readSlowly(body: Bytes, untilMade: number): Promise<Read> {
  const read: Read = { lines: 0, skipped: 0, isWhole: false };
  let frames = 0;
  for await (const { stream, bytes } of demultiplex(body)) {
    const text = new TextDecoder().decode(bytes);
    if (stream === 'system') read.skipped += Number(text);
    else read.lines += text.split('\n').length - 1;
    read.isWhole ||= text.includes(`line ${total - 1} `);
    if (frames++ === 0) await eventually(() => expect(made).toBeGreaterThanOrEqual(untilMade));
  }
  return read;
}

test('a log that is followed live skips what its reader is too slow for, and says exactly how many lines', async () => {
  made = 0;
  const { lines, skipped, isWhole } = await readSlowly(await ask({ 'x-gantry-live': '1' }), total / 2);

  expect(skipped).toBeGreaterThan(1000);
  expect(lines + skipped).toBe(total);
  expect(isWhole).toBe(true);
});

test('without being asked for live every line arrives', async () => {
  const { lines, skipped } = await readSlowly(await ask({}), 1);

  expect([lines, skipped]).toEqual([total, 0]);
});

test('whoever stops reading ends the log', async () => {
  isClosed = false;
  const reading = (await ask({ 'x-gantry-live': '1' }))[Symbol.asyncIterator]();
  await reading.next();
  await reading.return?.();

  expect(isClosed).toBe(true);
});
