import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { systemFailure } from '../system/system-failure.ts';

const ioctl = koffi.load(null).func('int ioctl(int fd, ulong request, void *argument)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number;
/** EXT4_IOC_SHUTDOWN, `_IOR('X', 125, __u32)` (fs/ext4/ext4.h). */
const shutdown = 0x80_04_58_7dn;

/** `log-flushed`: what the journal has is on the disk, data that was not synced is not. `at-once`: not even that. */
export type PowerCut = 'log-flushed' | 'at-once';

/**
 * Cuts an ext4 off as a power cut would: nothing that is in memory is written any more, every access fails with EIO until it is mounted again. Blocks are not
 * reordered.
 */
export function shutDownFileSystem(mountPoint: string, how: PowerCut): void {
  const fd = openSync(mountPoint, 'r');
  try {
    const flag = Buffer.alloc(4);
    flag.writeUInt32LE(how === 'log-flushed' ? 1 : 2);
    if (ioctl(fd, Number(shutdown), flag) < 0) throw systemFailure('ioctl', `shutdown of ${mountPoint}`, koffi.errno());
  } finally {
    closeSync(fd);
  }
}
