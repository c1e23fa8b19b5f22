import { Failure } from '@gantry/base';

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };

/** A point in time as Docker's `until` takes it: `10m` or `1h30m` ago, Unix seconds, or a date; milliseconds. Fails with `invalid`. */
export function parseMoment(text: string, nowMs = Date.now()): number {
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text) {
    return nowMs - parts.reduce((total, [, value, unit = '']) => total + Number(value) * (units[unit] ?? 0), 0);
  }
  const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) throw new Failure('invalid', `failed to parse value as time or duration: "${text}"`);
  return date;
}

/** The one `until` of a prune; without any, everything is old enough. Fails with `invalid`. */
export function untilMoment(values: readonly string[] | undefined): number {
  const [text, ...more] = values ?? [];
  if (more.length > 0) throw new Failure('invalid', 'more than one until filter specified');
  return text === undefined ? Infinity : parseMoment(text);
}
