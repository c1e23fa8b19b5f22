import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf } from '@gantry/linux';
import { logFiles } from './log-files.ts';
import { nanosecondsOf, parseLogRecord } from './log-line.ts';

/** Where a reader begins. */
export interface LogPlace {
  readonly path: string;
  readonly offset: number;
}

interface TailQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tail?: number;
  readonly sinceNano?: bigint;
  readonly untilNano?: bigint;
}

const blockBytes = 65_536;
const mostLooks = 10;

/**
 * Where the last `tail` lines of the wanted streams begin, found from the end backwards, file by file; the first byte of all without `tail`.
 * undefined: there is no log yet.
 */
export async function tailPlace(path: string, query: TailQuery): Promise<LogPlace | undefined> {
  for (let looks = 1; ; looks++) {
    try {
      return await placeIn(await logFiles(path), query);
    } catch (thrown) {
      // A rotation renamed the files between the two.
      if (errnoOf(thrown) !== 'ENOENT' || looks === mostLooks) throw thrown;
    }
  }
}

async function placeIn(files: Awaited<ReturnType<typeof logFiles>>, query: TailQuery): Promise<LogPlace | undefined> {
  const [first] = files;
  const last = files.at(-1);
  if (!first || !last) return undefined;
  if (query.tail === undefined) return { path: first.path, offset: 0 };
  const counter = new TailCounter(query, query.tail);
  if (query.tail === 0) return { path: last.path, offset: await sizeOf(last.path) };
  for (const file of files.toReversed()) {
    const offset = await counter.search(file.path);
    if (offset !== undefined) return { path: file.path, offset };
  }
  return { path: first.path, offset: 0 };
}

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path, 'r');
  return (await handle.stat().finally(() => handle.close())).size;
}

/** Counts ends of lines backwards; the wanted place lies behind the record at which one line too many ends. */
class TailCounter {
  readonly #query: TailQuery;
  #left: number;
  #hasSeenEnd = false;

  constructor(query: TailQuery, lines: number) {
    this.#query = query;
    this.#left = lines;
  }

  async search(path: string): Promise<number | undefined> {
    const handle = await open(path, 'r');
    try {
      return await this.#searchIn(handle);
    } finally {
      await handle.close();
    }
  }

  async #searchIn(handle: FileHandle): Promise<number | undefined> {
    let start = (await handle.stat()).size;
    let carried: Buffer = Buffer.alloc(0);
    while (start > 0) {
      const size = Math.min(blockBytes, start);
      start -= size;
      const block = Buffer.alloc(size);
      await handle.read(block, 0, size, start);
      const buffer = Buffer.concat([block, carried]);
      const borders = lineStarts(buffer, start === 0);
      for (let at = borders.length - 1; at >= 0; at--) {
        const from = borders[at] ?? 0;
        const to = borders[at + 1] ?? buffer.length;
        if (this.#isBehind(buffer, from, to)) return start + to;
      }
      carried = buffer.subarray(0, borders[0] ?? buffer.length);
    }
    return undefined;
  }

  #isBehind(buffer: Buffer, from: number, to: number): boolean {
    const record = parseLogRecord(buffer, from, to);
    if (!record || !this.#query[record.stream] || !this.#isInTime(record.timeText)) return false;
    // An unfinished line at the very end counts as one.
    if (!record.endsLine && this.#hasSeenEnd) return false;
    this.#hasSeenEnd = true;
    return this.#left-- === 0;
  }

  #isInTime(timeText: string): boolean {
    const { sinceNano, untilNano } = this.#query;
    if (sinceNano === undefined && untilNano === undefined) return true;
    const time = nanosecondsOf(timeText);
    return time >= (sinceNano ?? 0n) && (untilNano === undefined || time <= untilNano);
  }
}

/** Where records begin in a block; the first only where the block begins with the file, for else it may be cut. */
function lineStarts(buffer: Buffer, isWhole: boolean): number[] {
  const starts = isWhole ? [0] : [];
  for (let end = buffer.indexOf(10); end >= 0 && end + 1 < buffer.length; end = buffer.indexOf(10, end + 1)) starts.push(end + 1);
  return starts;
}
