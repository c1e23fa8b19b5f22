import { open, rename, rm, stat } from 'node:fs/promises';
import { Failure } from '@gantry/base';
import { reopenLog } from '@gantry/linux';
import { isDiskFull } from '../layers/disk-failure.ts';
import { logFiles } from './log-files.ts';
import { durableStep } from '../state/durable-step.ts';

/** Options of Docker's json-file driver that we know. */
export interface LogLimits {
  /** undefined: the log grows. */
  readonly maxBytes: number | undefined;
  /** Files in all, the written one included. */
  readonly maxFiles: number;
}

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `max-size` and `max-file`. Fails with `invalid` for a wrong value. */
export function logLimits(options: Readonly<Record<string, string>>): LogLimits {
  const size = options['max-size'] ?? '-1';
  const found = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(size);
  if (!found && size !== '-1') throw new Failure('invalid', `invalid size: '${size}'`);
  const count = options['max-file'] ?? '1';
  if (!/^-?\d+$/.test(count)) throw new Failure('invalid', `strconv.Atoi: parsing ${JSON.stringify(count)}: invalid syntax`);
  const maxFiles = Number(count);
  if (maxFiles < 1) throw new Failure('invalid', 'max-file cannot be less than 1');
  const maxBytes = found ? Math.floor(Number(found[1]) * (units[(found[2] ?? '').toLowerCase()] ?? 1)) : undefined;
  return { maxBytes, maxFiles };
}

/**
 * Renames a log that is larger than its limit and lets the monitor begin a new file: nothing is lost, because what the monitor writes in between
 * goes into the renamed file. On a full disk the log
 * grows on instead. Old files beyond the count are removed. Answers the bytes of the log as it was found.
 */
export async function rotateLog(path: string, bundle: string, limits: LogLimits): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (limits.maxBytes === undefined || size < limits.maxBytes) return size;
  if (!(await makeRoom(path))) return size;
  const rotated = (await logFiles(path)).filter(({ number }) => number !== Infinity);
  await durableStep('log.rename', () => rename(path, `${path}.${(rotated.at(-1)?.number ?? 0) + 1}`));
  await durableStep('log.reopen', () => reopenLog(bundle));
  const tooMany = rotated.slice(0, Math.max(0, rotated.length + 2 - Math.max(limits.maxFiles, 1)));
  for (const file of tooMany) await durableStep('log.remove', () => rm(file.path, { force: true }));
  return size;
}

/**
 * Makes the file that the monitor begins anew (conmon opens `<log>.tmp` and renames it): where there is no room for it conmon would end, and take the
 * container along. False: the disk is full.
 */
export async function makeRoom(path: string): Promise<boolean> {
  try {
    await (await open(`${path}.tmp`, 'a', 0o600)).close();
    return true;
  } catch (cause) {
    if (isDiskFull(cause)) return false;
    throw cause;
  }
}
