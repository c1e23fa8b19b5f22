import { Failure } from '@gantry/base';
import type { ByteReader } from './byte-reader.ts';
import { blockBytes } from './entry.ts';
import { binaryOrOctal } from './header.ts';
import { paxNumber } from './pax.ts';

/** A file of which an archive holds only what is not a hole. */
export interface SparseFile {
  /** With its holes. */
  readonly sizeBytes: number;
  /** In order, apart from each other. */
  readonly extents: readonly { readonly offset: number; readonly sizeBytes: number }[];
  /** Bytes of the entry's own that the map took. */
  readonly mapBytes: number;
}

/** As for pax headers. */
const longestMapBytes = 1024 * 1024;

/**
 * The map of GNU tar's old format (flag `S`): four pairs in the header, more in the blocks that follow it. Fails with `invalid`.
 * https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
export async function readOldSparse(reader: ByteReader, header: Uint8Array): Promise<SparseFile> {
  const extents = pairsOf(header.subarray(386, 482));
  const sizeBytes = binaryOrOctal(header, 483, 495);
  let isExtended = header[482] !== 0;
  for (let bytes = 0; isExtended; bytes += blockBytes) {
    const block = bytes < longestMapBytes ? await reader.exactly(blockBytes) : undefined;
    if (block === undefined) throw new Failure('invalid', 'tar archive has a sparse file with an endless map');
    extents.push(...pairsOf(block.subarray(0, 504)));
    isExtended = block[504] !== 0;
  }
  return { sizeBytes, extents, mapBytes: 0 };
}

/** The map in pax records (formats 0.0 and 0.1); undefined where they speak of no such file. */
export function paxSparse(values: ReadonlyMap<string, string>): SparseFile | undefined {
  const map = values.get('GNU.sparse.map');
  if (map === undefined) return undefined;
  const numbers = map === '' ? [] : map.split(',').map(paxNumber);
  return { sizeBytes: realSize(values), extents: paired(numbers), mapBytes: 0 };
}

/** Whether the map stands in front of the content (format 1.0). */
export function hasSparseMap(values: ReadonlyMap<string, string>): boolean {
  return values.get('GNU.sparse.major') === '1' && values.get('GNU.sparse.minor') === '0';
}

/** That map: numbers, each in a line, filled up to whole blocks. */
export async function readSparseMap(reader: ByteReader, values: ReadonlyMap<string, string>): Promise<SparseFile> {
  const lines = new MapLines(reader);
  const count = await lines.number();
  const numbers: number[] = [];
  for (let at = 0; at < 2 * count; at++) numbers.push(await lines.number());
  return { sizeBytes: realSize(values), extents: paired(numbers), mapBytes: lines.readBytes };
}

/** Fails with `invalid` where a map contradicts itself or the bytes that the archive holds. */
export function checkSparse({ sizeBytes, extents, mapBytes }: SparseFile, storedBytes: number): void {
  let [end, held] = [0, mapBytes];
  for (const extent of extents) {
    const isWrong = extent.offset < end || extent.sizeBytes < 0 || extent.offset + extent.sizeBytes > sizeBytes;
    if (isWrong) throw new Failure('invalid', `tar archive has a sparse file with ${extent.sizeBytes} bytes at ${extent.offset}`);
    end = extent.offset + extent.sizeBytes;
    held += extent.sizeBytes;
  }
  if (sizeBytes < 0 || held !== storedBytes) {
    throw new Failure('invalid', `tar archive has a sparse file whose map tells of ${held} bytes where ${storedBytes} are`);
  }
}

class MapLines {
  readonly #reader: ByteReader;
  #text = '';
  readBytes = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  async number(): Promise<number> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const number = paxNumber(this.#text.slice(0, end));
        this.#text = this.#text.slice(end + 1);
        return number;
      }
      const block = this.readBytes < longestMapBytes ? await this.#reader.exactly(blockBytes) : undefined;
      if (block === undefined) throw new Failure('invalid', 'tar archive has a sparse file with an endless map');
      this.readBytes += blockBytes;
      this.#text += Buffer.from(block).toString('latin1');
    }
  }
}

function pairsOf(bytes: Uint8Array): { offset: number; sizeBytes: number }[] {
  const pairs = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; at += 24) {
    pairs.push({ offset: binaryOrOctal(bytes, at, at + 12), sizeBytes: binaryOrOctal(bytes, at + 12, at + 24) });
  }
  return pairs;
}

function paired(numbers: readonly number[]): { offset: number; sizeBytes: number }[] {
  if (numbers.length % 2 !== 0) throw new Failure('invalid', 'tar archive has a sparse file with half a pair in its map');
  return Array.from({ length: numbers.length / 2 }, (_, at) => ({ offset: numbers[2 * at] ?? 0, sizeBytes: numbers[2 * at + 1] ?? 0 }));
}

function realSize(values: ReadonlyMap<string, string>): number {
  const size = values.get('GNU.sparse.realsize') ?? values.get('GNU.sparse.size');
  if (size === undefined) throw new Failure('invalid', 'tar archive has a sparse file without a size');
  return paxNumber(size);
}
