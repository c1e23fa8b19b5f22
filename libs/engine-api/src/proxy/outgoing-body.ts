import { Failure } from '@gantry/base';
import type { EngineRequest } from '../engine.ts';
import { chunkParts, lastChunk } from '../http1/message-text.ts';
import type { SocketWriter } from '../http1/socket-writer.ts';

/** How long a daemon that does not say 100-continue is waited for before the body is sent all the same (RFC 9110 10.1.1). */
const continueMs = 1000;

/** The largest JSON body that is gathered to tell its length. */
const gatheredBytes = 65_536;

/** The body of a request on its way to a daemon: asked for or not, by length or in chunks, stopped when the daemon has enough. */
export class OutgoingBody {
  readonly framing: 'none' | 'length' | 'chunked';
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** What its head says; infinite where nothing says it. */
  readonly declaredBytes: number;
  readonly #first: IteratorResult<Uint8Array> | undefined;
  readonly #asked = Promise.withResolvers<boolean>();
  readonly #isAwaited: boolean;
  #isOut = false;
  #isStopped = false;

  private constructor(
    iterator: AsyncIterator<Uint8Array>,
    facts: { first?: IteratorResult<Uint8Array>; length?: string; isAwaited: boolean },
  ) {
    this.#iterator = iterator;
    this.#first = facts.first;
    this.declaredBytes = facts.length === undefined ? Number.POSITIVE_INFINITY : Number(facts.length);
    this.#isAwaited = facts.isAwaited;
    this.framing = facts.length !== undefined ? (facts.length === '0' ? 'none' : 'length') : facts.first?.done ? 'none' : 'chunked';
    this.#isOut = this.framing === 'none';
    if (!facts.isAwaited) this.#asked.resolve(true);
  }

  /** Nothing says whether there is a body but its length, an expectation or its first bytes: without the former these are pulled here. */
  static async of({ headers, body }: EngineRequest): Promise<OutgoingBody> {
    const iterator = body[Symbol.asyncIterator]();
    const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
    const length = headers.get('content-length');
    const isAwaited = headers.get('expect')?.toLowerCase() === '100-continue';
    if (length !== undefined) return new OutgoingBody(iterator, { length, isAwaited });
    if (isAwaited) return new OutgoingBody(iterator, { isAwaited });
    if (!isJson) return new OutgoingBody(iterator, { first: await iterator.next(), isAwaited });
    const gathered = await gather(iterator);
    return new OutgoingBody(
      gathered.all,
      gathered.sizeBytes === undefined ? { isAwaited } : { length: String(gathered.sizeBytes), isAwaited },
    );
  }

  /** All of it has gone out. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** The daemon has said 100-continue. */
  goOn(): void {
    this.#asked.resolve(true);
  }

  /** The daemon has answered; it may still read, but nothing that it did not ask for is sent. */
  stop(): void {
    this.#isStopped = true;
    this.#asked.resolve(false);
    if (!this.#isOut) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }

  /** Sends it, once it is asked for. Rejects where the caller's body breaks; a daemon that reads no further is no error, its answer says why. */
  async send(writer: SocketWriter): Promise<void> {
    if (this.#isOut) return;
    const timer = this.#isAwaited ? setTimeout(() => this.goOn(), continueMs) : undefined;
    const mayGoOn = await this.#asked.promise;
    clearTimeout(timer);
    if (!mayGoOn) return;
    let sentBytes = 0;
    for (let next = this.#first ?? (await this.#iterator.next()); !next.done; next = await this.#iterator.next()) {
      if (this.#isStopped) return;
      sentBytes += next.value.length;
      if (sentBytes > this.declaredBytes) throw wrongLength(sentBytes, this.declaredBytes);
      if (!(await this.#write(writer, next.value))) return;
    }
    if (this.framing === 'length' && sentBytes !== this.declaredBytes && !this.#isStopped) throw wrongLength(sentBytes, this.declaredBytes);
    if (this.framing === 'chunked' && !(await accepted(writer.write(lastChunk)))) return;
    this.#isOut = !this.#isStopped;
  }

  async #write(writer: SocketWriter, chunk: Uint8Array): Promise<boolean> {
    if (chunk.length === 0) return true;
    const isTaken = await accepted(this.framing === 'chunked' ? writer.write(...chunkParts(chunk)) : writer.write(chunk));
    if (!isTaken) this.stop();
    return isTaken;
  }
}

/**
 * A short body with its length, a long one to be read on. dockerd decodes the JSON of an exec that it hijacks and leaves the end of its chunks
 * unread: now and then that end is typed into the container. By length there is no such end.
 */
async function gather(iterator: AsyncIterator<Uint8Array>): Promise<{ all: AsyncIterator<Uint8Array>; sizeBytes: number | undefined }> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    chunks.push(next.value);
    sizeBytes += next.value.length;
    if (sizeBytes > gatheredBytes) return { all: readOn(chunks, iterator), sizeBytes: undefined };
  }
  return { all: readOn(chunks, iterator), sizeBytes };
}

async function* readOn(chunks: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  try {
    yield* chunks;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

function accepted(written: Promise<void>): Promise<boolean> {
  return written.then(
    () => true,
    () => false,
  );
}

function wrongLength(sentBytes: number, declaredBytes: number): Failure {
  return new Failure('internal', `the body has ${sentBytes} bytes or more, its head says ${declaredBytes}`);
}
