export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line as it is shown and searched: its level where it tells one, and of a JSON line the message and the other fields. */
export interface SaidLine {
  readonly level: LogLevel | undefined;
  readonly text: string;
  /** `key=value` of a JSON line, without what is shown otherwise. */
  readonly fields: string;
}

const words: Readonly<Record<string, LogLevel>> = {
  ...{
    fatal: 'error',
    panic: 'error',
    crit: 'error',
    critical: 'error',
    alert: 'error',
    emerg: 'error',
    error: 'error',
    err: 'error',
    severe: 'error',
  },
  ...{ warn: 'warn', warning: 'warn', info: 'info', notice: 'info', information: 'info', debug: 'debug', trace: 'debug', verbose: 'debug' },
};
const levelNames = ['level', 'severity', 'lvl', 'loglevel', 'log.level'];
const messageNames = ['msg', 'message', 'event', 'text'];
const timeNames = ['time', 'ts', 'timestamp', '@timestamp'];
/** A line that begins with its level: it stands in its own column, and need not be there twice. */
const levelFirst = /^[[(<]?([A-Za-z]{3,11})[\])>:]*\s+/;
const atStart = /^(?:\[?[\d:.,T\-+Z /]{6,}\]?\s*)?[[(<]?([A-Za-z]{3,11})[\])>:]?(?=[\s:\]]|$)/;
const named = /\b(?:level|severity|lvl)[=:]\s*"?([A-Za-z]+)/;

/** Reads a line without its colours. What is no JSON object stays as it is. */
export function readLine(plain: string): SaidLine {
  if (plain.startsWith('{')) {
    const read = readJson(plain);
    if (read) return read;
  }
  const [prefix = '', first = ''] = levelFirst.exec(plain) ?? [];
  const level = levelOf(first);
  if (level) return { level, text: plain.slice(prefix.length), fields: '' };
  return { level: levelOf(named.exec(plain)?.[1] ?? atStart.exec(plain)?.[1]), text: plain, fields: '' };
}

function readJson(plain: string): SaidLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch {
    return undefined;
  }
  const given = new Map(Object.entries(value as Record<string, unknown>));
  const take = (names: readonly string[]): unknown => {
    const name = names.find((one) => given.has(one));
    if (name === undefined) return undefined;
    const found = given.get(name);
    given.delete(name);
    return found;
  };
  const level = levelOf(take(levelNames));
  const message = take(messageNames);
  take(timeNames);
  const fields = [...given].map(([name, field]) => `${name}=${wordOf(field)}`).join(' ');
  return { level, text: message === undefined ? fields : wordOf(message), fields: message === undefined ? '' : fields };
}

/** pino counts levels: 10 trace to 60 fatal. */
function levelOf(value: unknown): LogLevel | undefined {
  if (typeof value === 'string') return words[value.toLowerCase()];
  if (typeof value !== 'number') return undefined;
  if (value >= 50) return 'error';
  return value >= 40 ? 'warn' : value >= 30 ? 'info' : 'debug';
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
