import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { logFiles, openLogFile, type OpenLogFile } from './log-files.ts';
import { type LogRecord, nanosecondsOf, parseLogRecord } from './log-line.ts';
import { type PresentEnd, presentEnd } from './present-end.ts';
import { type LogPlace, tailPlace } from './tail-place.ts';

export interface LogQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Only the last lines; undefined: all. */
  readonly tail?: number;
  readonly sinceNano?: bigint;
  readonly untilNano?: bigint;
  /** Resolves when nothing more will be written; then the reader ends at the end. undefined: it ends where the log ended when it began. */
  readonly follow?: Promise<unknown>;
}

const chunkBytes = 65_536;
const lookEveryMs = 200;

/**
 * The records of a log in batches, in the order of the files, through rotations: a renamed file is read to its end before the next. Pulled: a
 * slow reader makes it read more slowly, and nothing is kept in memory but one chunk and one unfinished record.
 */
export async function* readLog(path: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogRecord[]> {
  const start = await tailPlace(path, query);
  await using present = query.follow ? undefined : await presentEnd(path);
  if (!query.follow && !(start && present)) return;
  const end = followed(query.follow, signal);
  using noticed = query.follow ? notices(path) : undefined;
  const cursor = new LogCursor(path, start, present);
  const tail = new Tail(query.follow ? undefined : query.tail);
  try {
    for (;;) {
      // Asked before reading: what is written before the end is known is read for certain.
      const isOver = end.isOver;
      const records = await cursor.next();
      if (records) {
        const wanted = tail.upToLast(records.filter((record) => isWanted(record, query)));
        if (wanted.length > 0) yield wanted;
        if (tail.isWhole || isPast(records, query)) return;
      } else if (isOver || signal.aborted) {
        return;
      } else {
        await Promise.race([noticed?.next(), end.over]);
      }
    }
  } finally {
    await cursor.close();
  }
}

/** The last lines as they were when the reader began: what is written while they are read is not among them, where nobody follows. */
class Tail {
  #left: number;

  constructor(lines = Infinity) {
    this.#left = lines;
  }

  get isWhole(): boolean {
    return this.#left <= 0;
  }

  upToLast(records: LogRecord[]): LogRecord[] {
    const taken: LogRecord[] = [];
    for (const record of records) {
      if (this.isWhole) break;
      taken.push(record);
      if (record.endsLine) this.#left -= 1;
    }
    return taken;
  }
}

function isWanted(record: LogRecord, query: LogQuery): boolean {
  if (!query[record.stream]) return false;
  if (query.sinceNano === undefined && query.untilNano === undefined) return true;
  const time = nanosecondsOf(record.timeText);
  return time >= (query.sinceNano ?? 0n) && (query.untilNano === undefined || time <= query.untilNano);
}

function isPast(records: readonly LogRecord[], { untilNano }: LogQuery): boolean {
  const last = records.at(-1);
  return untilNano !== undefined && last !== undefined && nanosecondsOf(last.timeText) > untilNano;
}

function followed(follow: Promise<unknown> | undefined, signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = { isOver: follow === undefined, over: promise };
  const finish = (): void => {
    end.isOver = true;
    resolve(undefined);
  };
  follow?.then(finish, finish);
  if (signal.aborted) finish();
  else signal.addEventListener('abort', finish, { once: true });
  return end;
}

/** Wakes when the log's directory or file changes, and every 200 ms in any case: notices may be lost. */
function notices(path: string): { next: () => Promise<unknown> } & Disposable {
  let { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => {
    resolve(undefined);
    ({ promise, resolve } = Promise.withResolvers<undefined>());
  };
  const watcher = watch(dirname(path), { persistent: false }, wake);
  watcher.on('error', () => undefined);
  const timer = setInterval(wake, lookEveryMs);
  return {
    next: () => promise,
    [Symbol.dispose]() {
      clearInterval(timer);
      watcher.close();
    },
  };
}

/** A place in the sequence of files that moves on by chunks. */
class LogCursor {
  readonly #path: string;
  readonly #end: PresentEnd | undefined;
  #place: LogPlace | undefined;
  #file: OpenLogFile | undefined;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** It goes no further than the end, where there is one. */
  constructor(path: string, place: LogPlace | undefined, end: PresentEnd | undefined) {
    this.#path = path;
    this.#place = place;
    this.#end = end;
  }

  /** The next records; undefined: there are none now. */
  async next(): Promise<LogRecord[] | undefined> {
    for (;;) {
      this.#file ??= await this.#open();
      if (!this.#file) return undefined;
      const chunk = await this.#read(this.#file);
      if (chunk) {
        const records = this.#records(chunk);
        if (records.length > 0) return records;
      } else if (!(await this.#advance(this.#file))) return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  async #open(): Promise<OpenLogFile | undefined> {
    for (let place = this.#place; ; place = undefined) {
      place ??= { path: (await logFiles(this.#path))[0]?.path ?? this.#path, offset: 0 };
      const file = await openLogFile(place.path);
      if (file) this.#offset = place.offset;
      // Rotation takes the oldest first: the one after it is the oldest that is left.
      if (file || place.path === this.#path || (await this.#end?.isRemoved())) return file;
    }
  }

  async #read(file: OpenLogFile): Promise<Buffer | undefined> {
    const leftBytes = file.inode === this.#end?.inode ? this.#end.offset - this.#offset : Infinity;
    if (leftBytes <= 0) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, leftBytes));
    const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, this.#offset);
    this.#offset += bytesRead;
    return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined;
  }

  #records(chunk: Buffer): LogRecord[] {
    const buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const records: LogRecord[] = [];
    let at = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, at)) {
      const record = parseLogRecord(buffer, at, end + 1);
      if (record) records.push(record);
      at = end + 1;
    }
    this.#rest = buffer.subarray(at);
    return records;
  }

  /** Goes on to the file after this one, if it was renamed away and the monitor writes another by now; whatever it still wrote is read first. */
  async #advance(file: OpenLogFile): Promise<boolean> {
    if ((await inodeOf(this.#path)) === file.inode || file.inode === this.#end?.inode) return false;
    const files = await logFiles(this.#path);
    const inodes = await Promise.all(files.map(async ({ path }) => inodeOf(path)));
    const at = inodes.indexOf(file.inode);
    const next = at >= 0 ? files[at + 1] : files[0];
    // Where rotation has taken the end away, all that is left is newer.
    if (!next || (await this.#end?.isRemoved())) return false;
    const late = await this.#read(file);
    if (late) {
      this.#offset -= late.length;
      return true;
    }
    await this.close();
    this.#place = { path: next.path, offset: 0 };
    this.#rest = Buffer.alloc(0);
    return true;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  return stat(path, { bigint: true }).then(
    (found) => found.ino,
    () => undefined,
  );
}
