import { Failure } from '@gantry/base';

const units = { h: 3_600_000_000_000, m: 60_000_000_000, s: 1_000_000_000, ms: 1_000_000, us: 1000, µs: 1000, ns: 1 } as const;
const flags: Readonly<Record<string, string>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** `HEALTHCHECK [--interval=30s …] CMD command` or `NONE`; times in nanoseconds, as Docker has them. Fails with `invalid`. */
export function healthcheckOf(text: string, jsonList: (text: string) => string[] | undefined): object {
  const numbers: Record<string, number> = {};
  let rest = text;
  for (let flag = nextFlag(rest); flag !== undefined; flag = nextFlag(rest)) {
    const field = Object.hasOwn(flags, flag.name) ? flags[flag.name] : undefined;
    if (field !== undefined) numbers[field] = nanoseconds(flag.value);
    else if (flag.name === 'retries') numbers['Retries'] = retries(flag.value);
    else throw new Failure('invalid', `unknown flag: ${flag.name}`);
    rest = flag.rest;
  }
  const [, kind = '', command = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (kind === '') throw new Failure('invalid', 'HEALTHCHECK requires at least one argument');
  if (kind.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (kind.toUpperCase() !== 'CMD') throw new Failure('invalid', `Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  if (command === '') throw new Failure('invalid', 'Missing command after HEALTHCHECK CMD');
  const list = jsonList(command);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...numbers };
}

function nextFlag(text: string): { readonly name: string; readonly value: string; readonly rest: string } | undefined {
  const [, name = '', value = '', rest = ''] = /^--([a-z-]+)=(\S+)\s*(.*)$/s.exec(text) ?? [];
  return name === '' ? undefined : { name, value, rest };
}

function nanoseconds(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new Failure('invalid', `time: invalid duration ${JSON.stringify(text)}`);
  }
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0));
}

function retries(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text)) throw new Failure('invalid', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return count;
}
