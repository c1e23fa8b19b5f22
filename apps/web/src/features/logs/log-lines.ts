import type { OutputPart } from '@gantry/engine-api/client';

export interface ReadLine {
  readonly atMs: number | undefined;
  readonly isError: boolean;
  readonly text: string;
  /** So many lines should have stood here: the person chose live over complete, and the way was too slow for them. */
  readonly skipped?: number;
}

/** Up to where a log was read. */
export interface Seen {
  readonly atMs: number;
  /** How many lines of that very time were read: what is written at once has one time. */
  readonly lines: number;
}

const longestLine = 64 * 1024;
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

/**
 * Makes lines of the bytes of standard output and standard error, each on its own: a character or a line that is cut between two chunks is put
 * together again. A line without an end is cut at 64 KiB. Lines begin with the time that `timestamps=1` puts there.
 */
export class LineReader {
  readonly #system = new OpenLine();
  readonly #open = { stdout: new OpenLine(), stderr: new OpenLine() };

  push({ stream, bytes }: OutputPart): ReadLine[] {
    if (stream === 'system') return this.#system.push(bytes).map(saidOf);
    const kind = stream === 'stderr' ? 'stderr' : 'stdout';
    return this.#open[kind].push(bytes).map((text) => lineOf(text, kind === 'stderr'));
  }

  /** What is left when the stream has ended. */
  end(): ReadLine[] {
    return (['stdout', 'stderr'] as const).flatMap((kind) => {
      const rest = this.#open[kind].end();
      return rest ? [lineOf(rest, kind === 'stderr')] : [];
    });
  }
}

class OpenLine {
  readonly #decoder = new TextDecoder();
  #rest = '';

  push(bytes: Uint8Array): string[] {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = parts.pop() ?? '';
    while (this.#rest.length > longestLine) {
      parts.push(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
    return parts;
  }

  end(): string {
    return this.#rest + this.#decoder.decode();
  }
}

/** What the server says of the log: how many lines it skipped, else what went wrong. */
function saidOf(text: string): ReadLine {
  const isCount = /^\d+$/.test(text);
  return { atMs: undefined, isError: !isCount, text: isCount ? '' : text, ...(isCount ? { skipped: Number(text) } : {}) };
}

function lineOf(raw: string, isError: boolean): ReadLine {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  const found = stamp.exec(line);
  // A progress bar writes over its line: only what stands there in the end is shown.
  const said = found ? line.slice(found[0].length) : line;
  return { atMs: found ? Date.parse(found[1] ?? '') : undefined, isError, text: said.slice(said.lastIndexOf('\r') + 1) };
}

/** Where reading has come to with these lines. */
export function seenAfter(before: Seen | undefined, lines: readonly ReadLine[]): Seen | undefined {
  let seen = before;
  for (const { atMs } of lines) {
    if (atMs !== undefined) seen = { atMs, lines: seen?.atMs === atMs ? seen.lines + 1 : 1 };
  }
  return seen;
}

/** Leaves out, of a log that is read again from the time of the last line, as many lines of that time as were read before. */
export function withoutSeen(seen: Seen | undefined): (lines: readonly ReadLine[]) => ReadLine[] {
  let left = seen?.lines ?? 0;
  return (lines) =>
    lines.filter(({ atMs }) => {
      if (seen === undefined || atMs === undefined || atMs > seen.atMs) return true;
      if (atMs < seen.atMs) return false;
      left -= 1;
      return left < 0;
    });
}
