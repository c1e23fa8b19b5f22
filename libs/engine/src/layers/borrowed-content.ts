import { closeSync, createReadStream, openSync } from 'node:fs';
import { Failure } from '@gantry/base';
import { FileTree, punchHole } from '@gantry/linux/files';
import { readableText } from '@gantry/oci/tar';

/** Bytes of a layer's plain tar that its blob does not hold, since a file of the unpacked layer has them as well. */
export interface BorrowedContent {
  /** In the tar. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Of the file below the layer's directory, a byte string as in `TarEntry`. */
  readonly path: string;
  /** In that file. */
  readonly from: number;
}

/** Content of a tar that was unpacked to a file of its own. */
export interface UnpackedContent {
  readonly path: string;
  /** In the tar. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What is smaller stays in the blob: each piece costs a line of the list and an open file when it is read. */
export const leastBorrowedBytes = 128 * 1024;
/** The list is read in one piece; what does not go on it stays in the blob. */
const longestListBytes = 2 * 1024 ** 2;
/** A file system gives back whole blocks. */
const blockBytes = 4096;

/**
 * Takes out of a tar what the unpacked layer has as well, and answers what that is, in order; nothing where the file system has no holes. Blocks. What was not
 * written to the disk yet never is, so that a layer goes there once.
 */
export function giveUpContent(tar: string, contents: readonly UnpackedContent[]): BorrowedContent[] {
  const borrowed: BorrowedContent[] = [];
  let listBytes = 0;
  const fd = openSync(tar, 'r+');
  try {
    for (const { path, offset, sizeBytes } of contents) {
      const start = Math.ceil(offset / blockBytes) * blockBytes;
      const end = Math.floor((offset + sizeBytes) / blockBytes) * blockBytes;
      listBytes += 2 * JSON.stringify(path).length + 100;
      if (listBytes > longestListBytes) return borrowed;
      if (end <= start) continue;
      if (!punchHole(fd, start, end - start)) return borrowed;
      borrowed.push({ offset: start, sizeBytes: end - start, path, from: start - offset });
    }
    return borrowed;
  } finally {
    closeSync(fd);
  }
}

/** The tar as it came. Fails with `internal` where the layer's directory has no such files any more. */
export async function* withBorrowed(
  tar: string,
  { layer, borrowed }: { readonly layer: string; readonly borrowed: readonly BorrowedContent[] },
): AsyncGenerator<Uint8Array, void, undefined> {
  using tree = FileTree.open(layer);
  let at = 0;
  for (const { offset, sizeBytes, path, from } of borrowed) {
    if (offset > at) yield* stretch(openSync(tar, 'r'), at, offset - at);
    yield* stretch(fileOf(tree, path), from, sizeBytes);
    at = offset + sizeBytes;
  }
  yield* createReadStream(tar, { start: at, highWaterMark: pieceBytes }) as AsyncIterable<Uint8Array>;
}

const pieceBytes = 64 * 1024;

async function* stretch(fd: number, start: number, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = sizeBytes;
  for await (const piece of createReadStream('', { fd, start, end: start + sizeBytes - 1, highWaterMark: pieceBytes })) {
    left -= (piece as Uint8Array).length;
    yield piece as Uint8Array;
  }
  if (left > 0) throw new Failure('internal', `a file of a layer lacks ${left} bytes that its blob borrows`);
}

/** Never by a link out of the layer: whoever packed it chose the names. */
function fileOf(tree: FileTree, path: string): number {
  using look = tree.look(path);
  if (look?.stat.isFile() !== true)
    throw new Failure('internal', `layer has no file ${JSON.stringify(readableText(path))} that its blob borrows`);
  return look.open();
}
