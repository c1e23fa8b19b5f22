import { Failure } from '@gantry/base';
import { type Bytes, largestChunkBytes, messages } from '@gantry/engine-api';
import { type LogRecord, parseLogTime, shownTime } from '../logs/log-line.ts';
import { type LogQuery, readLog } from '../logs/read-log.ts';
import { type ContainersHost, pathsOf } from './containers-host.ts';
import { logDetails } from './log-attributes.ts';
import type { ManagedContainer } from './managed-container.ts';

export interface LogRequest {
  readonly follow: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since: string;
  readonly until: string;
  readonly timestamps: boolean;
  /** A number; `all` or '' for all. */
  readonly tail: string;
  readonly details: boolean;
}

const headBytes = 8;

/** A container's log as `GET /containers/{id}/logs` sends it: raw with a terminal, else framed, chunks of many records. Fails with `invalid`. */
export function containerLog(
  host: ContainersHost,
  container: ManagedContainer,
  { request, signal }: { request: LogRequest; signal: AbortSignal },
): Bytes {
  const { config, hostConfig } = container.record;
  if (!request.stdout && !request.stderr) throw new Failure('invalid', messages.chooseStreams);
  if (hostConfig.LogConfig.Type === 'none') throw new Failure('unsupported', 'configured logging driver does not support reading');
  const tail = /^\d+$/.test(request.tail) ? Number(request.tail) : undefined;
  const [sinceNano, untilNano] = [parseLogTime(request.since), parseLogTime(request.until)];
  const query: LogQuery = {
    stdout: request.stdout,
    stderr: request.stderr,
    ...(tail !== undefined && { tail }),
    ...(sinceNano !== undefined && { sinceNano }),
    ...(untilNano !== undefined && { untilNano }),
    ...(request.follow && { follow: followEnd(container, untilNano) }),
  };
  const writer = new LogWriter({
    isFramed: !config.Tty,
    timestamps: request.timestamps,
    details: request.details ? logDetails(container.record) : undefined,
  });
  return written(readLog(pathsOf(host, container.id).log, query, signal), writer);
}

/** A follower with `until` in the future ends at that time. */
function followEnd(container: ManagedContainer, untilNano: bigint | undefined): Promise<unknown> {
  if (untilNano === undefined) return container.runEnd;
  const leftMs = Math.max(0, Number(untilNano / 1_000_000n) - Date.now());
  return Promise.race([container.runEnd, new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 2 ** 31 - 1)).unref())]);
}

async function* written(batches: AsyncIterable<LogRecord[]>, writer: LogWriter): AsyncGenerator<Uint8Array> {
  for await (const records of batches) {
    for (const record of records) {
      if (writer.isFull) yield writer.take();
      writer.add(record);
    }
    if (!writer.isEmpty) yield writer.take();
  }
}

/** Puts records into chunks of at most 64 KiB, with frame heads and times. */
class LogWriter {
  readonly #options: { isFramed: boolean; timestamps: boolean; details: string | undefined };
  readonly #atLineStart = { stdout: true, stderr: true };
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(options: { isFramed: boolean; timestamps: boolean; details: string | undefined }) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** A record is at most 8 KiB, as are its details, and its head (conmon reads in such pieces): room for one more is kept. */
  get isFull(): boolean {
    return this.#bytes > largestChunkBytes - 24_576;
  }

  add({ stream, timeText, bytes, endsLine }: LogRecord): void {
    const prefix = this.#prefix(stream, timeText);
    this.#atLineStart[stream] = endsLine;
    if (this.#options.isFramed) {
      const head = Buffer.alloc(headBytes);
      head[0] = stream === 'stdout' ? 1 : 2;
      head.writeUInt32BE(prefix.length + bytes.length, 4);
      this.#push(head);
    }
    if (prefix.length > 0) this.#push(prefix);
    this.#push(bytes);
  }

  take(): Uint8Array {
    const chunk = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return chunk;
  }

  /** Time and details stand before a line, not before each of its pieces. */
  #prefix(stream: 'stdout' | 'stderr', timeText: string): Uint8Array {
    const { timestamps, details } = this.#options;
    if (!this.#atLineStart[stream] || (!timestamps && details === undefined)) return new Uint8Array();
    return Buffer.from(`${timestamps ? `${shownTime(timeText)} ` : ''}${details === undefined ? '' : `${details} `}`);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }
}
