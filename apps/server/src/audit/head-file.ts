import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '@gantry/base';
import { type AuditHead, readHead } from './audit-head.ts';

/** A line is shorter by far. */
const longestLineBytes = 4096;

/** Where a server keeps the signed heads of its audit log. */
export function headFileOf(dataRoot: string): string {
  return join(dataRoot, 'server', 'audit-heads.jsonl');
}

/** Appends a head (the file has mode 0600) and waits until it is on disk. What a power cut left of a line is cut off first: it was never told to anybody. */
export async function appendHead(path: string, head: AuditHead): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await using file = await open(path, 'a+', 0o600);
  await cutUnfinished(file);
  await file.appendFile(`${JSON.stringify(head)}\n`);
  await file.sync();
}

/**
 * The heads of a file in their order, each checked against the public key. Fails with `not-found` where there is no file, with `precondition` at a line
 * that the key did not sign, or that names an earlier row than the line before it.
 */
export async function* readHeads(path: string, key: string): AsyncGenerator<AuditHead> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    const head = readHead(line, key);
    if (!head) throw new Failure('precondition', `line ${number} of ${path} is not a head that this installation signed`);
    yield head;
  }
}

/** Whole lines only: what stands behind the last line's end was never finished. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new Failure('not-found', `${path} does not exist`, { cause });
    throw cause;
  }
}

async function cutUnfinished(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const start = Math.max(0, size - longestLineBytes);
  const tail = Buffer.alloc(size - start);
  await file.read(tail, 0, tail.length, start);
  const whole = start + tail.lastIndexOf('\n') + 1;
  if (whole < size) await file.truncate(whole);
}
