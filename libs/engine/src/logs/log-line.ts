import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

/** One record of conmon's k8s-file: `TIME STREAM TAG text`; a view into the chunk it was read from. */
export interface LogRecord {
  readonly timeText: string;
  readonly stream: 'stdout' | 'stderr';
  /** The record ends a line; else the text goes on in the next record of this stream. */
  readonly endsLine: boolean;
  /** The bytes as they were written, with the line's end where the record ends it. */
  readonly bytes: Uint8Array;
}

const newline = 0x0a;
const space = 0x20;
const letterF = 0x46;
const letterE = 0x65;
/** `2026-11-21T11:45:11.123456789+00:00`, then ` stdout F `. */
const shortestHead = 20;

/**
 * Reads the record in `buffer[start, end)`, where `end` is behind its newline. undefined for what is not a record (a torn line after a power
 * cut): a log is never unreadable because of one line.
 */
export function parseLogRecord(buffer: Buffer, start: number, end: number): LogRecord | undefined {
  const afterTime = buffer.indexOf(space, start);
  if (afterTime < start + shortestHead || afterTime + 10 > end) return undefined;
  const streamAt = afterTime + 1;
  const tagAt = streamAt + 7;
  if (buffer[tagAt - 1] !== space || buffer[tagAt + 1] !== space) return undefined;
  const endsLine = buffer[tagAt] === letterF;
  const stream = buffer[streamAt + 3] === letterE ? 'stderr' : 'stdout';
  const hasNewline = buffer[end - 1] === newline;
  return {
    timeText: buffer.toString('latin1', start, afterTime),
    stream,
    endsLine,
    bytes: buffer.subarray(tagAt + 2, endsLine || !hasNewline ? end : end - 1),
  };
}

/** RFC 3339 with nanoseconds as nanoseconds since 1970. */
export function nanosecondsOf(timeText: string): bigint {
  const [whole = '', rest = ''] = timeText.split('.');
  const [, digits = '', zone = 'Z'] = /^(\d*)(.*)$/.exec(rest) ?? [];
  const seconds = Date.parse(rest === '' ? timeText : `${whole}${zone}`);
  return Number.isNaN(seconds) ? 0n : BigInt(seconds) * 1_000_000n + BigInt(digits.padEnd(9, '0').slice(0, 9));
}

/** As Docker shows it: in UTC with nine digits and `Z`. */
export function shownTime(timeText: string): string {
  if (timeText.endsWith('+00:00')) return `${timeText.slice(0, -6)}Z`;
  const nanoseconds = nanosecondsOf(timeText);
  const seconds = new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** Nanoseconds out of Docker's `since` and `until`: seconds with a fraction, or RFC 3339; undefined for '' and 0. Fails with `invalid` for what is no time. */
export function parseLogTime(text: string): bigint | undefined {
  if (text === '' || text === '0') return undefined;
  const found = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (found) return BigInt(found[1] ?? '0') * 1_000_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'));
  if (Number.isNaN(Date.parse(text))) throw new Failure('invalid', messages.noTimestamp(text));
  const nanoseconds = nanosecondsOf(text);
  return nanoseconds === 0n ? undefined : nanoseconds;
}
