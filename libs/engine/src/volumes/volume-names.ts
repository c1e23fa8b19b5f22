import { Failure } from '@gantry/base';
import { messages } from '@gantry/engine-api';

/** A name of the disk's file system as well. */
const longestName = 255;

export const isVolumeName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= longestName;

/** Fails with `invalid` in dockerd's words. */
export function checkVolumeName(name: string): void {
  const wrong = (why: string): Failure => new Failure('invalid', `create ${name}: ${why}`);
  if (name.length === 1) throw wrong(messages.shortVolumeName);
  if (name.length > longestName) throw wrong(`volume name is too long, names may have ${longestName} characters`);
  if (!isVolumeName(name)) throw wrong(messages.invalidVolumeName(name));
}
