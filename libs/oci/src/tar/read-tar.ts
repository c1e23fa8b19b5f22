import { Failure } from '@gantry/base';
import { ByteReader } from './byte-reader.ts';
import { blockBytes, readableText, type TarEntry, type TarHeader, type TarPiece, type TarType } from './entry.ts';
import { isZeroBlock, parseHeader, type RawHeader } from './header.ts';
import { noPaxRecords, parsePax, paxNumber, type PaxRecords, paxTime } from './pax.ts';
import { checkSparse, hasSparseMap, paxSparse, readOldSparse, readSparseMap, type SparseFile } from './sparse.ts';

const types: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** A pax header or a GNU long name may be this long (Go's archive/tar has the same limit). */
const longestMetaBytes = 1024 * 1024;

interface Pending {
  readonly longName?: string;
  readonly longLink?: string;
  readonly pax: PaxRecords;
}

/**
 * The entries of a tar archive (v7, ustar, GNU, pax), in order. Names are as written: nothing here makes them safe.
 * Reads its source to the very end, behind the closing blocks too. Fails with `invalid` for what is no tar.
 * tar-stream is not used because it decodes pax values as text and so destroys binary attributes such as `security.capability`.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  let pending: Pending = { pax: noPaxRecords };
  try {
    for (;;) {
      const block = await reader.exactly(blockBytes);
      if (block === undefined) return;
      if (isZeroBlock(block)) break;
      const raw = parseHeader(block);
      const meta = await readMeta(reader, raw, pending);
      if (meta !== undefined) {
        pending = meta;
        continue;
      }
      const header = merged(raw, pending);
      const sparse = header.type === 'file' ? await sparseFile({ reader, block, flag: raw.flag, pax: pending.pax }) : undefined;
      pending = { pax: noPaxRecords };
      const content = new EntryContent(reader, header.sizeBytes, sparse);
      yield sparse === undefined
        ? { ...header, body: content.stored(), pieces: undefined }
        : { ...header, sizeBytes: sparse.sizeBytes, body: content.filled(sparse), pieces: content.pieces(sparse) };
      await content.skip();
    }
    await reader.drain();
  } finally {
    await reader.close();
  }
}

interface SparsePlace {
  readonly reader: ByteReader;
  readonly block: Uint8Array;
  readonly flag: string;
  readonly pax: PaxRecords;
}

async function sparseFile({ reader, block, flag, pax: { values } }: SparsePlace): Promise<SparseFile | undefined> {
  if (flag === 'S') return readOldSparse(reader, block);
  return hasSparseMap(values) ? readSparseMap(reader, values) : paxSparse(values);
}

const zeros = new Uint8Array(256 * 1024);

/** The content of one entry and its padding. */
class EntryContent {
  readonly #reader: ByteReader;
  #left: number;
  #padding: number;

  constructor(reader: ByteReader, sizeBytes: number, sparse: SparseFile | undefined) {
    this.#reader = reader;
    this.#left = sizeBytes;
    this.#padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    if (sparse === undefined) return;
    checkSparse(sparse, sizeBytes);
    this.#left -= sparse.mapBytes;
  }

  /** What a file with holes has where, as it is in the archive. */
  async *pieces({ extents }: SparseFile): AsyncGenerator<TarPiece, void, undefined> {
    const stored = this.stored();
    let chunk: Uint8Array = new Uint8Array(0);
    for (const extent of extents) {
      for (let done = 0; done < extent.sizeBytes;) {
        if (chunk.length === 0) {
          const next = await stored.next();
          if (next.done === true) return;
          chunk = next.value;
        }
        const bytes = chunk.subarray(0, extent.sizeBytes - done);
        yield { offset: extent.offset + done, bytes };
        done += bytes.length;
        chunk = chunk.subarray(bytes.length);
      }
    }
  }

  /** With zeros for the holes. */
  async *filled(sparse: SparseFile): AsyncGenerator<Uint8Array, void, undefined> {
    let at = 0;
    for await (const { offset, bytes } of this.pieces(sparse)) {
      for (; at < offset; at += Math.min(zeros.length, offset - at)) yield zeros.subarray(0, offset - at);
      yield bytes;
      at += bytes.length;
    }
    for (; at < sparse.sizeBytes; at += Math.min(zeros.length, sparse.sizeBytes - at)) yield zeros.subarray(0, sparse.sizeBytes - at);
  }

  async *stored(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      const piece = await this.#reader.some(this.#left);
      if (piece === undefined) throw new Failure('invalid', 'tar archive ends in the middle of an entry');
      this.#left -= piece.length;
      yield piece;
    }
  }

  async skip(): Promise<void> {
    for (this.#left += this.#padding, this.#padding = 0; this.#left > 0;) {
      const piece = await this.#reader.some(this.#left);
      if (piece === undefined) throw new Failure('invalid', 'tar archive ends in the middle of an entry');
      this.#left -= piece.length;
    }
  }
}

/** What to remember for the next entry, where this one is only about it; undefined for a real entry. */
async function readMeta(reader: ByteReader, raw: RawHeader, pending: Pending): Promise<Pending | undefined> {
  switch (raw.flag) {
    case 'x':
      return { ...pending, pax: parsePax(await metaBytes(reader, raw)) };
    case 'g': // Global records concern no layer (git writes its commit there); Docker ignores them too.
      await metaBytes(reader, raw);
      return pending;
    case 'L':
      return { ...pending, longName: untilNul(await metaBytes(reader, raw)) };
    case 'K':
      return { ...pending, longLink: untilNul(await metaBytes(reader, raw)) };
    default:
      return undefined;
  }
}

async function metaBytes(reader: ByteReader, raw: RawHeader): Promise<Uint8Array> {
  if (raw.sizeBytes < 0 || raw.sizeBytes > longestMetaBytes) {
    throw new Failure('invalid', `tar archive has a header of ${raw.sizeBytes} bytes; ${longestMetaBytes} are the limit`);
  }
  if (raw.sizeBytes === 0) return new Uint8Array(0);
  const padded = Math.ceil(raw.sizeBytes / blockBytes) * blockBytes;
  const bytes = await reader.exactly(padded);
  if (bytes === undefined) throw new Failure('invalid', 'tar archive ends in the middle of an entry');
  return bytes.subarray(0, raw.sizeBytes);
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}

function merged(raw: RawHeader, { pax, longName, longLink }: Pending): TarHeader {
  const value = (key: string): string | undefined => {
    const text = pax.values.get(key);
    return text === '' ? undefined : text;
  };
  const numberOr = (key: string, otherwise: number): number => {
    const text = value(key);
    return text === undefined ? otherwise : paxNumber(text);
  };
  const mtime = value('mtime');
  const name = value('GNU.sparse.name') ?? value('path') ?? longName ?? raw.name;
  const type = typeOf(raw.flag, name);
  const size = numberOr('size', raw.sizeBytes);
  if (size < 0) throw new Failure('invalid', `tar entry ${JSON.stringify(readableText(name))} has the size ${size}`);
  return {
    type,
    name,
    linkName: value('linkpath') ?? longLink ?? raw.linkName,
    mode: raw.mode,
    uid: numberOr('uid', raw.uid),
    gid: numberOr('gid', raw.gid),
    mtime: mtime === undefined ? { seconds: raw.mtimeSeconds, nanoseconds: 0 } : paxTime(mtime),
    // Only files have content; some writers repeat the target's size in a hardlink's header without writing it (POSIX allows both; Go skips).
    sizeBytes: type === 'file' ? size : 0,
    device: { major: raw.major, minor: raw.minor },
    xattrs: pax.xattrs,
  };
}

function typeOf(flag: string, name: string): TarType {
  const type = Object.hasOwn(types, flag) ? types[flag] : undefined;
  if (type === undefined) {
    throw new Failure('unsupported', `tar entry ${JSON.stringify(readableText(name))} has the unknown type ${JSON.stringify(flag)}`);
  }
  // Tars before ustar mark directories by a final slash alone.
  return type === 'file' && flag === '\0' && name.endsWith('/') ? 'directory' : type;
}
