import { open } from 'node:fs/promises';
import { errnoOf } from '@gantry/linux';
import { logFiles } from './log-files.ts';

/** Where a log ends at one moment. Its file stays open, so that no other gets the inode while somebody reads up to here. */
export interface PresentEnd extends AsyncDisposable {
  readonly inode: bigint;
  /** In bytes. */
  readonly offset: number;
  /** Whether rotation has taken the file away, and with it all that is older. */
  isRemoved(): Promise<boolean>;
}

const mostLooks = 10;

/** The end of the file that is written, or was last. undefined: there is no log yet. */
export async function presentEnd(path: string): Promise<PresentEnd | undefined> {
  for (let looks = 1; ; looks++) {
    const last = (await logFiles(path)).at(-1);
    if (!last) return undefined;
    try {
      return await endOf(last.path);
    } catch (thrown) {
      // A rotation renamed the file between the two.
      if (errnoOf(thrown) !== 'ENOENT' || looks === mostLooks) throw thrown;
    }
  }
}

async function endOf(path: string): Promise<PresentEnd> {
  const handle = await open(path, 'r');
  try {
    const { ino, size } = await handle.stat({ bigint: true });
    return {
      inode: ino,
      offset: Number(size),
      isRemoved: async () => (await handle.stat()).nlink === 0,
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}
