import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './report.ts';

/** One file of the spool: reports in their order, one per line. */
export interface Segment {
  readonly path: string;
  readonly startedAtMs: number;
  last: number;
  bytes: number;
}

export interface SpooledLine {
  readonly sequence: number;
  readonly line: string;
}

export function segmentPath(directory: string, first: number): string {
  return join(directory, `${String(first).padStart(16, '0')}.jsonl`);
}

/** The lines of a segment. A last line that a power cut tore is left out; a segment that is gone has none. */
export async function readSegment(path: string): Promise<SpooledLine[]> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
  return content
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const sequence = sequenceOf(line);
      return sequence === undefined ? [] : [{ sequence, line }];
    });
}

/** Appends lines and waits until they are on the disk. The empty line before them ends what an earlier failure may have torn. */
export async function appendDurably(path: string, lines: readonly string[]): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  await file.appendFile(`\n${lines.join('\n')}\n`);
  await file.datasync();
}

export async function removeSegment(path: string): Promise<void> {
  await rm(path, { force: true });
}

function sequenceOf(line: string): number | undefined {
  try {
    const { sequence } = JSON.parse(line) as Partial<Report>;
    return Number.isSafeInteger(sequence) ? sequence : undefined;
  } catch {
    return undefined;
  }
}
