import type { PairForm } from './run-form.ts';

/** Lines of an `.env` file: comments and `export` are left out, quotes around a value taken off, a quoted value may go over several lines. Undefined where nothing is a variable. */
export function readEnv(written: string): PairForm[] | undefined {
  const pairs: PairForm[] = [];
  const pattern = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|([^\n]*))/gm;
  for (const [, name = '', double, single, bare = ''] of written.replaceAll('\r\n', '\n').matchAll(pattern)) {
    const value =
      double?.replace(/\\([\s\S])/g, (_, char: string) => (char === 'n' ? '\n' : char)) ?? single ?? bare.replace(/\s+#.*$/, '').trim();
    pairs.push({ name, value });
  }
  return pairs.length ? pairs : undefined;
}

/** The list with these in it: one of a name that is there takes its place. */
export function withPairs(before: readonly PairForm[], more: readonly PairForm[]): PairForm[] {
  const kept = before.filter(({ name, value }) => (name || value) && !more.some((one) => one.name === name));
  return [...kept, ...more];
}
