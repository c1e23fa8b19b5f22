import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all that lies below a directory, a file with several names once; what goes away meanwhile counts nothing. */
export async function directorySize(path: string): Promise<number> {
  const seen = new Set<string>();
  let total = 0;
  const waiting = [path];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const listed = await opendir(directory, { bufferSize: 512 }).catch(() => undefined);
    for await (const entry of listed ?? []) {
      const inside = join(directory, entry.name);
      if (entry.isDirectory()) waiting.push(inside);
      else total += sizeOnce(await lstat(inside, { bigint: true }).catch(() => undefined), seen);
    }
  }
  return total;
}

function sizeOnce(stat: BigIntStats | undefined, seen: Set<string>): number {
  if (stat === undefined) return 0;
  if (stat.nlink > 1n) {
    const key = `${stat.dev}:${stat.ino}`;
    if (seen.has(key)) return 0;
    seen.add(key);
  }
  return Number(stat.size);
}
