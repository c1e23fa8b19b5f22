import { refused } from './refused.ts';
import type { SocketReader } from './socket-reader.ts';

/** The largest head of a message, its lines and line ends counted. */
export const largestHeadBytes = 1_048_576;

/** Finds the empty line that ends a head over any number of chunks, each byte looked at once. */
class HeadScanner {
  #lineBytes = 0;
  #last = 0;
  #isBeforeFirstLine = true;

  /** The position after the head's last byte, or -1. */
  scan(chunk: Buffer): number {
    let from = 0;
    for (;;) {
      const lineEnd = chunk.indexOf(10, from);
      if (lineEnd === -1) break;
      if ((lineEnd > 0 ? chunk[lineEnd - 1] : this.#last) !== 13) throw refused(400, 'a line of the head does not end with CR LF');
      const isEmpty = this.#lineBytes + lineEnd - from === 1;
      if (isEmpty && !this.#isBeforeFirstLine) return lineEnd + 1;
      if (!isEmpty) this.#isBeforeFirstLine = false;
      this.#lineBytes = 0;
      from = lineEnd + 1;
    }
    this.#lineBytes += chunk.length - from;
    this.#last = chunk.at(-1) ?? this.#last;
    return -1;
  }
}

/**
 * Reads the head of the next message, without empty lines before it and without the one that ends it; undefined where the peer ended between
 * messages. `onPart` is called when a first part has come and more is to come. Refuses with 431 above 1 MiB and with 400 where the peer ends
 * inside the head.
 */
export async function readHead(reader: SocketReader, onPart: () => void = () => undefined): Promise<string | undefined> {
  const scanner = new HeadScanner();
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for (;;) {
    const chunk = await reader.read();
    if (!chunk) {
      if (parts.every(isBlank)) return undefined;
      throw refused(400, 'the head is not complete');
    }
    const end = scanner.scan(chunk);
    sizeBytes += end === -1 ? chunk.length : end;
    if (sizeBytes > largestHeadBytes) throw refused(431, 'the head is larger than 1 MiB');
    parts.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) {
      onPart();
      continue;
    }
    reader.unread(chunk.subarray(end));
    return textOf(parts);
  }
}

function isBlank(part: Buffer): boolean {
  return part.every((byte) => byte === 13 || byte === 10);
}

function textOf(parts: readonly Buffer[]): string {
  const text = parts.length === 1 ? (parts[0] as Buffer).toString('latin1') : Buffer.concat(parts).toString('latin1');
  const start = text.startsWith('\r\n') ? text.search(/[^\r\n]/) : 0;
  return text.slice(start, -4);
}
