/** crun's version out of `crun --version` ("crun version 1.8.1"); undefined where the text is another program's. */
export function parseRuntimeVersion(text: string): string | undefined {
  return /^crun version (\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1];
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
