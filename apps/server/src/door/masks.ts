import { Failure } from '@gantry/base';

export const mask = '********';

const secretName = /pass(word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential/i;
const secretOption = /^--?[\w-]*(password|passwd|passphrase|secret|token|api-?key|credential)s?$/i;
const afterOption = /(--?[\w-]{0,64}(?:password|passwd|passphrase|secret|token|api-?key|credential)s?\s{1,4})[^\s]+/gi;
const inUrl = /(\/\/[^\s/@:]{0,256}):[^\s/@]{1,1024}@/g;
const afterName =
  /((?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w.-]{0,64}["']?\s{0,4}[=:]\s{0,4}["']?)[^\s"',;&]+/gi;

/** A text without what looks like a secret in it: credentials of a URL, what follows `password=`, `TOKEN: ` and their like. */
export function maskText(text: string): string {
  return text.replace(inUrl, `$1:${mask}@`).replace(afterName, `$1${mask}`).replace(afterOption, `$1${mask}`);
}

/** Words of a command; the one after `--password` too. */
export function maskWords(words: readonly string[]): string[] {
  return words.map((word, index) => (secretOption.test(words[index - 1] ?? '') ? mask : maskText(word)));
}

export function maskRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, secretName.test(name) ? mask : maskText(value)]));
}

/** Names of variables stay, values go. */
export function maskVariable(variable: string): string {
  const cut = variable.indexOf('=');
  return cut < 0 ? variable : `${variable.slice(0, cut)}=${mask}`;
}

/** Lines of a Dockerfile that set variables, or ran with build arguments. */
export function maskDockerfileLine(line: string): string {
  return /\b(ENV|ARG)\b|^\|\d/.test(line) ? line.replace(/=("[^"]*"|'[^']*'|\S+)/g, `=${mask}`) : maskText(line);
}

/** What was shown masked and comes back would overwrite the value that it stands for: `invalid`, and named. */
export function refuseMasks(value: unknown, at = ''): void {
  if (typeof value === 'string') {
    if (value.includes(mask))
      throw new Failure('invalid', `${at}: ${mask} stands for a hidden value and cannot be set (${value.replace(/=.*/s, '')})`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) refuseMasks(item, isList ? at : at === '' ? key : `${at}.${key}`);
}
