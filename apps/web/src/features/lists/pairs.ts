import type { PairForm } from '../run/run-form.ts';

/** Rows of name and value as the API's map; a row without a name counts as nothing. */
export function recordOf(pairs: readonly PairForm[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value]));
}

/** ` --opt a=b --opt c=d`, quoted where a shell would part it. */
export function flagsOf(flag: string, pairs: readonly PairForm[]): string {
  return Object.entries(recordOf(pairs))
    .map(([name, value]) => ` ${flag} ${quoted(`${name}=${value}`)}`)
    .join('');
}

export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
