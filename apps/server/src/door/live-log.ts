import { type Bytes, type Engine, MultiplexedDecoder, multiplexedFrame, multiplexedStream, type OutputStream } from '@gantry/engine-api';

/** A caller who asks for a log with this header wants the newest lines rather than all of them. It goes no further than here. */
const liveHeader = 'x-gantry-live';
/** What waits for a reader; of more the oldest lines are skipped. */
const keptBytes = 262_144;
const longestLine = 1_048_576;
const largestPayload = 32_768;
const lineEnd = 0x0a;

/**
 * The same engine; a log that is asked for live is read as fast as it comes, and what its reader is too slow for is skipped, whole lines at a time. How many is said
 * exactly, where they would have stood: a frame of the stream `system` that holds the number. Without the header every line arrives, however late.
 */
export function liveLogs(engine: Engine): Engine {
  return async (request) => {
    const response = await engine(request);
    const isAsked = request.headers.get(liveHeader) === '1' && /\/containers\/[^/]+\/logs(\?|$)/.test(request.target);
    if (!isAsked || response.kind !== 'plain' || response.body instanceof Uint8Array) return response;
    if (!response.headers.get('content-type')?.startsWith(multiplexedStream)) return response;
    return { ...response, body: newestOf(response.body) };
  };
}

async function* newestOf(body: Bytes): Bytes {
  const lines = new NewestLines(body);
  try {
    for (let frame = await lines.next(); frame; frame = await lines.next()) yield frame;
  } finally {
    await lines.close();
  }
}

interface Waiting {
  readonly frame: Uint8Array;
  readonly lines: number;
}

/** Reads a log ahead of its reader, and keeps the newest whole lines under a cap. */
class NewestLines {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #filling: Promise<void>;
  readonly #open = new Map<OutputStream, Uint8Array>();
  #waiting: Waiting[] = [];
  #bytes = 0;
  #skipped = 0;
  #isEnded = false;
  #failure: unknown;
  #news = Promise.withResolvers<undefined>();

  constructor(body: Bytes) {
    this.#source = body[Symbol.asyncIterator]();
    this.#filling = this.#fill();
  }

  /** The next frame, after how many lines were skipped before it; undefined at the end. Rejects as the log does. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#waiting.length === 0 && !this.#isEnded) {
      await this.#news.promise;
      this.#news = Promise.withResolvers<undefined>();
    }
    if (this.#skipped > 0) {
      const said = multiplexedFrame('system', new TextEncoder().encode(`${this.#skipped}\n`));
      this.#skipped = 0;
      return said;
    }
    const next = this.#waiting.shift();
    if (!next && this.#failure !== undefined) throw this.#failure as Error;
    this.#bytes -= next?.frame.length ?? 0;
    return next?.frame;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
    await this.#filling;
  }

  async #fill(): Promise<void> {
    const decoder = new MultiplexedDecoder();
    try {
      for (let read = await this.#source.next(); !read.done; read = await this.#source.next()) {
        for (const { stream, bytes } of decoder.push(read.value)) this.#take(stream, bytes);
        this.#news.resolve(undefined);
      }
      for (const [stream, rest] of this.#open) if (rest.length > 0) this.#put(stream, rest);
    } catch (thrown) {
      this.#failure = thrown;
    }
    this.#isEnded = true;
    this.#news.resolve(undefined);
  }

  /** Whole lines go on; the beginning of one waits for its end, unless that never comes. */
  #take(stream: OutputStream, bytes: Uint8Array): void {
    const open = this.#open.get(stream);
    const all = open?.length ? Buffer.concat([open, bytes]) : bytes;
    const end = all.length > longestLine ? all.length : all.lastIndexOf(lineEnd) + 1;
    this.#open.set(stream, new Uint8Array(all.subarray(end))); // a copy: the chunk is somebody else's memory soon
    if (end > 0) this.#put(stream, all.subarray(0, end));
  }

  #put(stream: OutputStream, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const near = bytes.lastIndexOf(lineEnd, from + largestPayload - 1);
      const far = bytes.indexOf(lineEnd, from);
      const end = near >= from ? near + 1 : far >= 0 ? far + 1 : bytes.length;
      const payload = bytes.subarray(from, end);
      this.#waiting.push({
        frame: multiplexedFrame(stream, payload),
        lines: payload.reduce((count, byte) => count + Number(byte === lineEnd), 0),
      });
      this.#bytes += end - from + 8;
      from = end;
    }
    while (this.#bytes > keptBytes && this.#waiting.length > 1) {
      const oldest = this.#waiting.shift();
      this.#bytes -= oldest?.frame.length ?? 0;
      this.#skipped += oldest?.lines ?? 0;
    }
  }
}
