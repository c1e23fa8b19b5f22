import { Failure } from '@gantry/base';
import { pulledBytes } from '../bytes/pulled-bytes.ts';
import { type Bytes, largestChunkBytes } from '../engine.ts';
import { refused } from './refused.ts';
import { tokens } from './message-head.ts';
import type { SocketReader } from './socket-reader.ts';

export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Until the peer's end; responses only. */
  | { readonly kind: 'close' };

/** The longest size line of a chunk, extensions included. */
const longestChunkLineBytes = 4096;
const longestTrailersBytes = 65_536;

export interface BodyOptions {
  /** Asks the peer for the body, before the first pull. */
  readonly beforeFirstPull?: (() => Promise<void>) | undefined;
  /** How long a pull waits for its bytes before it throws 408. Default: for ever. */
  readonly idleTimeoutMs?: number | undefined;
}

/** How the body after a head ends, where the head declares one. Refuses what two readers could understand differently (RFC 9112 6.3). */
export function declaredFraming(head: { headers: ReadonlyMap<string, string>; isVersion11: boolean }): BodyFraming {
  const length = head.headers.get('content-length');
  const encoding = head.headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (length !== undefined) throw refused(400, 'both Content-Length and Transfer-Encoding');
    if (!head.isVersion11) throw refused(400, 'Transfer-Encoding in HTTP/1.0');
    const codings = tokens(encoding);
    if (codings.length !== 1 || codings[0] !== 'chunked') throw refused(501, `unsupported transfer encoding: ${encoding}`);
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'none' };
  if (!/^\d{1,15}$/.test(length)) throw refused(400, `bad Content-Length: ${length}`);
  return length === '0' ? { kind: 'none' } : { kind: 'length', bytes: Number(length) };
}

/** The body of one message, pulled from the socket with its transfer framing removed; what nobody pulls can be drained. */
export class DeclaredBody {
  readonly #reader: SocketReader;
  readonly #framing: BodyFraming;
  readonly #idleTimeoutMs: number | undefined;
  #beforeFirstPull: (() => Promise<void>) | undefined;
  #isWhole: boolean;
  #isPulling = false;
  /** Of the content or of the current chunk. */
  #remainingBytes: number;
  #isInChunk = false;
  /** Single use; a peer that ends inside the body makes a pull throw `cancelled`. */
  readonly bytes: Bytes;

  constructor(reader: SocketReader, framing: BodyFraming, { beforeFirstPull, idleTimeoutMs }: BodyOptions = {}) {
    this.#reader = reader;
    this.#framing = framing;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#beforeFirstPull = beforeFirstPull;
    this.#isWhole = framing.kind === 'none';
    this.#remainingBytes = framing.kind === 'length' ? framing.bytes : 0;
    this.bytes = pulledBytes(() => this.#pull());
  }

  /** All of it is off the socket; what comes next is something else. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The peer waits for 100-continue and was not told to go on: whether it sends the body is open. */
  get isUnasked(): boolean {
    return this.#beforeFirstPull !== undefined && !this.#isWhole;
  }

  /**
   * Reads off and drops what is left; false where that is more than `limitBytes`, or where somebody still pulls. Throws where it has not come
   * within `limitMs`, however slowly it drips.
   */
  async drain(limitBytes: number, limitMs?: number): Promise<boolean> {
    if (this.#isWhole) return true; // as most are: no timer for them
    const limit = this.#giveUpIn(limitMs);
    try {
      for (let drained = 0; !this.isWhole; drained += (await this.#pull())?.length ?? 0)
        if (this.#isPulling || drained > limitBytes) return false;
      return true;
    } finally {
      clearTimeout(limit);
    }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#isWhole) return undefined;
    this.#isPulling = true;
    const limit = this.#giveUpIn(this.#idleTimeoutMs);
    try {
      const ask = this.#beforeFirstPull;
      this.#beforeFirstPull = undefined;
      await ask?.();
      return await this.#next();
    } finally {
      clearTimeout(limit);
      this.#isPulling = false;
    }
  }

  #giveUpIn(limitMs: number | undefined): NodeJS.Timeout | undefined {
    if (limitMs === undefined) return undefined;
    return setTimeout(() => this.#reader.giveUp(refused(408, `the body was waited for ${limitMs} ms`)), limitMs);
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#framing.kind === 'close') {
      const chunk = await this.#reader.read();
      if (!chunk) this.#isWhole = true;
      return chunk;
    }
    if (this.#framing.kind === 'chunked' && this.#remainingBytes === 0 && !(await this.#openChunk())) return undefined;
    const chunk = await this.#reader.read(Math.min(this.#remainingBytes, largestChunkBytes));
    if (!chunk) throw cutShort();
    this.#remainingBytes -= chunk.length;
    if (this.#remainingBytes === 0 && this.#framing.kind === 'length') this.#isWhole = true;
    return chunk;
  }

  /** Stands before a chunk's data afterwards; false where it was the last chunk. */
  async #openChunk(): Promise<boolean> {
    if (this.#isInChunk && (await this.#line(0)) !== '') throw refused(400, 'malformed chunk');
    this.#isInChunk = true;
    const size = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(await this.#line(longestChunkLineBytes))?.[1];
    if (size === undefined) throw refused(400, 'malformed chunk size');
    this.#remainingBytes = Number.parseInt(size, 16);
    if (this.#remainingBytes > 0) return true;
    let trailersBytes = 0;
    for (let line = await this.#line(longestTrailersBytes); line !== ''; line = await this.#line(longestTrailersBytes)) {
      trailersBytes += line.length;
      if (trailersBytes > longestTrailersBytes) throw refused(431, 'the trailers are too large');
    }
    this.#isWhole = true;
    return false;
  }

  /** One line without its CR LF. */
  async #line(limitBytes: number): Promise<string> {
    let line = '';
    for (;;) {
      const chunk = await this.#reader.read(limitBytes + 2);
      if (!chunk) throw cutShort();
      const lineEnd = chunk.indexOf(10);
      line += chunk.toString('latin1', 0, lineEnd === -1 ? chunk.length : lineEnd + 1);
      if (line.length > limitBytes + 2) throw refused(400, 'malformed chunk');
      if (lineEnd === -1) continue;
      this.#reader.unread(chunk.subarray(lineEnd + 1));
      if (!line.endsWith('\r\n')) throw refused(400, 'malformed chunk');
      return line.slice(0, -2);
    }
  }
}

function cutShort(): Failure {
  return new Failure('cancelled', 'the peer ended in the middle of the body');
}
