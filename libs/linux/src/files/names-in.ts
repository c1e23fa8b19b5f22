import { opendirSync } from 'node:fs';

/** What is in an open directory, as it is read: a directory may have a million names. What is added or removed meanwhile may be missing. */
export function* namesIn(fd: number): Generator<string, void, undefined> {
  using directory = opendirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1', bufferSize: 1024 });
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry.name;
}
