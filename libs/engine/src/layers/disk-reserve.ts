import { statfsSync } from 'node:fs';
import { Failure } from '@gantry/base';

/** The part of the disk that images leave free. */
export const diskReserve = 0.05;

/** Fails with `exhausted` where the disk that holds the directory has less free than the reserve, or would have with so many bytes more. */
export function checkDisk(directory: string, reserve = diskReserve, neededBytes = 0): void {
  const { bavail, blocks, bsize } = statfsSync(directory);
  if (bavail - neededBytes / bsize < blocks * reserve) {
    throw new Failure('exhausted', `no space left on device: less than ${reserve * 100} % of the disk of ${directory} is free`, {
      details: { isSpace: true },
    });
  }
}
