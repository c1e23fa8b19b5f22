/** crun's version out of `crun --version` ("crun version 1.8.1"); undefined where the text is another program's. */
export function parseRuntimeVersion(text: string): string | undefined {
  return /^crun version (\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1];
}

/** Whether `--version` is that of a runc which wants the ids of a user namespace beside its path; from 1.2 on it reads them there, and refuses both. */
export function wantsIdsOfNamespace(text: string): boolean {
  const version = /^runc version (\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1];
  return version !== undefined && isOlder(version, '1.2');
}

/** Under this version crun has known holes in how it makes `/dev`; it works, but the start says so. */
export const runtimeVersionFloor = '1.25.1';

/** Compares dotted versions number by number. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
