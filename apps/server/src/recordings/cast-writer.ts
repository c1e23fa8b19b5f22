import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Failure } from '@gantry/base';

const compress = promisify(gzip);

/** What a recording begins with. Columns and rows are those of the terminal as far as they are known. */
export interface CastHead {
  readonly columns: number;
  readonly rows: number;
  readonly startedAt: Date;
  readonly title: string;
  /** Output beyond what is kept of one is refused: what is shown must stand in the recording. */
  readonly isWhole?: boolean;
}

/** A recording that is closed. */
export interface Cast {
  /** Of the file. */
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Of the file, 64 hex digits. */
  readonly sha256: string;
  /** The output was longer than what is kept. */
  readonly isTruncated: boolean;
}

/** Of output, before compression: what comes after it is not kept. */
export const mostOutputBytes = 64 * 1024 * 1024;
const pieceCharacters = 64 * 1024;
/** What is shown longer than this is on disk: a server that is killed loses no more of a recording. */
const keptAfterMs = 2000;

/**
 * A terminal as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/), one gzip member after another in a file of mode 0600: what has been written
 * can be read whatever happens to the server. Only what the terminal shows is kept, never what is typed: passwords are not echoed.
 */
export class CastWriter {
  readonly #file: FileHandle;
  readonly #startedMs: number;
  readonly #isWhole: boolean;
  readonly #hash: Hash = createHash('sha256');
  readonly #decoder = new TextDecoder();
  #waiting = '';
  #outputBytes = 0;
  #sizeBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: Failure | undefined;
  #isClosed = false;

  private constructor(file: FileHandle, { startedMs, isWhole }: { startedMs: number; isWhole: boolean }) {
    this.#file = file;
    this.#startedMs = startedMs;
    this.#isWhole = isWhole;
  }

  /** Fails where the file is there already or cannot be written: what cannot be recorded is not opened. */
  static async create(path: string, { columns, rows, startedAt, title, isWhole = false }: CastHead): Promise<CastWriter> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const writer = new CastWriter(await open(path, 'wx', 0o600), { startedMs: performance.now(), isWhole });
    const timestamp = Math.floor(startedAt.getTime() / 1000);
    writer.#waiting = `${JSON.stringify({ version: 2, width: columns, height: rows, timestamp, title, env: { TERM: 'xterm-256color' } })}\n`;
    await writer.#flush();
    return writer;
  }

  /** Resolves when it is taken; fails with `unavailable` where it cannot be written any more, with `exhausted` where it is to be whole and has no room left. */
  async output(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#outputBytes <= mostOutputBytes) await this.#keep(bytes);
    if (this.#isWhole && this.#outputBytes > mostOutputBytes)
      throw new Failure('exhausted', `the recording has ${mostOutputBytes} bytes of output: it is as long as one may be`);
  }

  async #keep(bytes: Uint8Array): Promise<void> {
    this.#outputBytes += bytes.length;
    const text = this.#decoder.decode(bytes, { stream: true });
    if (this.#outputBytes > mostOutputBytes) this.#event('m', 'the recording ends here: it is as long as one may be');
    else if (text !== '') this.#event('o', text);
    if (this.#waiting.length >= pieceCharacters) await this.#flush();
  }

  resized(columns: number, rows: number): void {
    if (this.#outputBytes <= mostOutputBytes) this.#event('r', `${columns}x${rows}`);
  }

  /** A mark with words, where players show one. */
  mark(words: string): void {
    if (this.#outputBytes <= mostOutputBytes) this.#event('m', words);
  }

  /** Writes what is left and tells what the file is; a second call fails. */
  async close(): Promise<Cast> {
    const durationMs = Math.round(performance.now() - this.#startedMs);
    this.#isClosed = true;
    try {
      await this.#flush();
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
    const isTruncated = this.#outputBytes > mostOutputBytes;
    return { sizeBytes: this.#sizeBytes, durationMs, sha256: this.#hash.digest('hex'), isTruncated };
  }

  #event(kind: 'o' | 'r' | 'm', text: string): void {
    if (this.#isClosed) return;
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(3);
    this.#waiting += `[${seconds},"${kind}",${JSON.stringify(text)}]\n`;
    this.#timer ??= setTimeout(() => void this.#flush().catch(() => undefined), keptAfterMs).unref();
  }

  /** In the order of the calls. A failure is kept for whoever writes next. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const piece = this.#waiting;
    this.#waiting = '';
    if (piece === '') return;
    try {
      const bytes = await compress(piece, { level: constants.Z_BEST_SPEED });
      await this.#file.appendFile(bytes);
      this.#hash.update(bytes);
      this.#sizeBytes += bytes.length;
    } catch (cause) {
      this.#failure = new Failure('unavailable', `the recording cannot be written: ${(cause as Error).message}`, { cause });
      throw this.#failure;
    }
  }
}
