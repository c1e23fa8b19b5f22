import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@gantry/base';
import { appendDurably, readSegment, removeSegment, type Segment, type SpooledLine, segmentPath } from './segment.ts';
import type { ReportBody } from './report.ts';

export interface SpoolLimits {
  readonly totalBytes: number;
  readonly segmentBytes: number;
  readonly ageMs: number;
}
const mostWaiting = 2000;
const usualLimits: SpoolLimits = { totalBytes: 64 * 1024 * 1024, segmentBytes: 256 * 1024, ageMs: 24 * 3_600_000 };

/**
 * The agent's reports on their way to the server: numbered, on the disk before they are sent, kept until the server acknowledged them.
 * Survives the agent. Where the server stays away too long, the oldest reports are given up (64 MB, 24 h) and the gap shows in the numbers.
 */
export class Spool implements AsyncDisposable {
  readonly #directory: string;
  readonly #limits: SpoolLimits;
  readonly #segments: Segment[] = [];
  /** The newest segment's lines, once something was appended since the start. */
  #tail: SpooledLine[] | undefined;
  #next = 1;
  #waiting: SpooledLine[] = [];
  #writing: Promise<void> | undefined;
  #failure: Failure | undefined;
  #written = Promise.withResolvers<undefined>();

  private constructor(directory: string, limits: SpoolLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  static async open(directory: string, limits: Partial<SpoolLimits> = {}): Promise<Spool> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const spool = new Spool(directory, { ...usualLimits, ...limits });
    await spool.#load();
    return spool;
  }

  /** The number that the next report gets. */
  get nextSequence(): number {
    return this.#next;
  }

  /** The server has committed this report: numbers given out from now on are greater. */
  raise(committed: number): void {
    this.#next = Math.max(this.#next, committed + 1);
  }

  /** Adds a report that knows its own number and returns the number. It is sent after it is on the disk. */
  append(make: (sequence: number) => ReportBody): number {
    const sequence = this.#next++;
    this.#waiting.push({ sequence, line: JSON.stringify({ sequence, atMs: Date.now(), ...make(sequence) }) });
    this.#startWriting();
    return sequence;
  }

  /** Resolves when all that was appended is on the disk; rejects with what the disk said. */
  async flushed(): Promise<void> {
    this.#startWriting();
    while (this.#writing) await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  /** The reports after this number in their order, then those to come, until the signal aborts. */
  async *after(sequence: number, signal: AbortSignal): AsyncGenerator<SpooledLine> {
    let last = sequence;
    while (!signal.aborted) {
      const written = this.#written.promise;
      const segment = this.#segments.find((candidate) => candidate.last > last);
      if (!segment) {
        await untilAborted(written, signal);
        continue;
      }
      const upTo = segment.last;
      for (const spooled of await this.#lines(segment)) {
        if (spooled.sequence <= last) continue;
        last = spooled.sequence;
        yield spooled;
      }
      last = Math.max(last, upTo);
    }
  }

  /** The server has committed everything up to this number: segments that hold nothing newer are removed. */
  async acknowledge(sequence: number): Promise<void> {
    await this.#drop((segment) => segment.last <= sequence);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #load(): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => /^\d{16}\.jsonl$/.test(name)).sort();
    for (const name of names) {
      const path = join(this.#directory, name);
      const lines = await readSegment(path);
      const last = lines.at(-1)?.sequence ?? Number(name.slice(0, 16));
      const bytes = lines.reduce((sum, { line }) => sum + line.length + 1, 0);
      this.#segments.push({ path, last, bytes, startedAtMs: Date.now() });
      this.raise(last);
    }
  }

  #startWriting(): void {
    if (this.#waiting.length > 0) this.#writing ??= this.#write();
  }

  /** Never rejects: what a full disk refused waits in memory, within a bound, for the next append. */
  async #write(): Promise<void> {
    // Whatever is appended in the same turn goes to the disk together.
    await Promise.resolve();
    const batch = this.#waiting.splice(0);
    try {
      await this.#writeBatch(batch);
      this.#failure = undefined;
    } catch (thrown) {
      this.#failure = Failure.from(thrown);
      this.#tail = undefined;
      this.#waiting = [...batch, ...this.#waiting].slice(-mostWaiting);
    }
    this.#writing = undefined;
    if (!this.#failure) this.#startWriting();
  }

  async #writeBatch(batch: readonly SpooledLine[]): Promise<void> {
    const [first] = batch;
    const newest = this.#segments.at(-1);
    const isRoom = newest && this.#tail && newest.bytes < this.#limits.segmentBytes;
    const segment = isRoom ? newest : this.#newSegment(first?.sequence ?? this.#next);
    await appendDurably(
      segment.path,
      batch.map(({ line }) => line),
    );
    if (!isRoom) {
      this.#segments.push(segment);
      this.#tail = [];
    }
    this.#tail?.push(...batch);
    segment.last = batch.at(-1)?.sequence ?? segment.last;
    segment.bytes += batch.reduce((sum, { line }) => sum + line.length + 1, 0);
    this.#written.resolve(undefined);
    this.#written = Promise.withResolvers();
    await this.#giveUpOldest();
  }

  #newSegment(first: number): Segment {
    return { path: segmentPath(this.#directory, first), startedAtMs: Date.now(), last: first, bytes: 0 };
  }

  async #giveUpOldest(): Promise<void> {
    let total = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const tooOld = Date.now() - this.#limits.ageMs;
    await this.#drop((segment) => {
      const isDropped = total > this.#limits.totalBytes || segment.startedAtMs < tooOld;
      if (isDropped) total -= segment.bytes;
      return isDropped;
    });
  }

  /** The newest segment always stays: it remembers the numbers. */
  async #drop(isDropped: (segment: Segment) => boolean): Promise<void> {
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments;
      if (!oldest || !isDropped(oldest)) return;
      this.#segments.shift();
      await removeSegment(oldest.path);
    }
  }

  async #lines(segment: Segment): Promise<SpooledLine[]> {
    return this.#tail && segment === this.#segments.at(-1) ? [...this.#tail] : readSegment(segment.path);
  }
}

async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener('abort', abort);
}
