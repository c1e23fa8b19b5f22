import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Failure } from '@gantry/base';

export type Compression = 'none' | 'gzip' | 'zstd' | ForeignCompression;

/** What Node does not read itself. */
export type ForeignCompression = 'xz' | 'bzip2';

/** Makes plain bytes of such ones. */
export type ForeignDecoder = (compression: ForeignCompression, source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

const magics: readonly { readonly name: Compression; readonly magic: readonly number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
];

/** Told by the first bytes, as Docker does, since media types lie. */
export function detectCompression(first: Uint8Array): Compression {
  const found = magics.find(({ magic }) => magic.every((byte, at) => first[at] === byte))?.name ?? 'none';
  // A zstd file may begin with a skippable frame (0x184D2A50 to 5F).
  const isSkippable = ((first[0] ?? 0) & 0xf0) === 0x50 && first[1] === 0x2a && first[2] === 0x4d && first[3] === 0x18;
  return isSkippable ? 'zstd' : found;
}

/** The plain bytes. Fails with `invalid` where the compressed stream is damaged or cut, and with what `foreign` fails with. */
export async function* decompressed(
  source: AsyncIterable<Uint8Array>,
  foreign: ForeignDecoder,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    const head = await firstBytes(chunks);
    const compression = detectCompression(head);
    const whole = joined(head, chunks);
    if (compression === 'none') yield* whole;
    else if (compression === 'gzip') yield* readable(gunzipped(whole));
    else if (compression === 'zstd') yield* readable(unzstd(whole));
    else yield* foreign(compression, whole);
  } finally {
    await chunks.return?.();
  }
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 6) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** A decoder's complaint in our words; what the source itself threw passes. */
async function* readable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('invalid', `compressed data is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Each buffer is a way to another thread and back. */
const bufferBytes = 1024 * 1024;

async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip({ chunkSize: bufferBytes });
  const input = Readable.from(source, { objectMode: false, highWaterMark: bufferBytes });
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

/** Frame after frame: Node's decoder stops silently behind the first one, and pzstd and zstd:chunked write many. */
async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let decoder = new ZstdFrame();
  try {
    for await (const chunk of source) {
      for (let rest = chunk; rest.length > 0;) {
        const used = await decoder.write(rest);
        yield* decoder.taken();
        rest = rest.subarray(used);
        if (rest.length === 0) break;
        await decoder.end();
        yield* decoder.taken();
        decoder = new ZstdFrame();
      }
    }
    await decoder.end();
    yield* decoder.taken();
  } finally {
    decoder.destroy();
  }
}

class ZstdFrame {
  readonly #decoder = createZstdDecompress({ chunkSize: bufferBytes });
  /** Rejects when the decoder fails: the callback of a write that fails is not always called. */
  readonly #failure: Promise<never>;
  #output: Uint8Array[] = [];

  constructor() {
    this.#decoder.on('data', (chunk: Uint8Array) => this.#output.push(chunk));
    this.#failure = new Promise((_, reject) => this.#decoder.on('error', reject));
    this.#failure.catch(() => undefined);
  }

  /** How many bytes belonged to this frame; fewer than given means that it ended. */
  async write(bytes: Uint8Array): Promise<number> {
    const before = this.#decoder.bytesWritten;
    const written = new Promise<void>((resolve) => this.#decoder.write(bytes, () => resolve()));
    await Promise.race([written, this.#failure]);
    const used = this.#decoder.bytesWritten - before;
    if (used === 0 && before === 0) throw new Failure('invalid', 'compressed data is damaged: no zstd frame');
    return used;
  }

  *taken(): Generator<Uint8Array, void, undefined> {
    const output = this.#output;
    this.#output = [];
    yield* output;
  }

  async end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#decoder.once('end', resolve));
    this.#decoder.end();
    if (!this.#decoder.readableEnded) await Promise.race([ended, this.#failure]);
  }

  destroy(): void {
    this.#decoder.destroy();
  }
}
