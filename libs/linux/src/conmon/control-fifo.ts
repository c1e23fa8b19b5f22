import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells the monitor of this bundle the size of its terminal. False where no monitor listens any more. */
export function resizeTerminal(bundle: string, size: { readonly rows: number; readonly columns: number }): Promise<boolean> {
  return command(bundle, `1 ${size.rows} ${size.columns}\n`);
}

/** Makes the monitor open its log path again, after the file was renamed. Doing it once too often is harmless. */
export function reopenLog(bundle: string): Promise<boolean> {
  return command(bundle, '2 0 0\n');
}

async function command(bundle: string, line: string): Promise<boolean> {
  try {
    // Not blocking: a fifo without reader (the monitor is gone) is ENXIO instead of a wait for ever.
    const fifo = await open(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
    await fifo.write(line).finally(() => fifo.close());
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENXIO' || code === 'ENOENT' || code === 'EPIPE') return false;
    throw cause;
  }
}
