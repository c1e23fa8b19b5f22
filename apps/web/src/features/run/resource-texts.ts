import { parseBytes } from '../../format/quantities.ts';
import { linesOf } from './run-form.ts';

const mebibyte = 1024 ** 2;
const units = [
  ['g', 1024 ** 3],
  ['m', mebibyte],
  ['k', 1024],
] as const;

/** 512m, 2g, or bytes where it is no whole number of them. */
export function sizeText(bytes: number): string {
  const [letter = '', unit = 1] = units.find(([, size]) => bytes !== 0 && bytes % size === 0) ?? [];
  return `${bytes / unit}${letter}`;
}

const durations = { h: 3_600_000_000_000, m: 60_000_000_000, s: 1_000_000_000, ms: 1_000_000, us: 1000, ns: 1 } as const;

/** 30s, 1m30s, 500ms as nanoseconds; undefined where it is none of these. */
export function nanoseconds(written: string): number | undefined {
  const parts = [...written.trim().matchAll(/(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== written.trim()) return undefined;
  return Math.round(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * durations[unit as keyof typeof durations], 0));
}

/** The largest unit that needs no fraction. */
export function durationText(ns: number): string {
  const [unit = 'ns', size = 1] = Object.entries(durations).find(([, one]) => ns % one === 0) ?? [];
  return ns === 0 ? '' : `${ns / size}${unit}`;
}

/** `/dev/a`, `/dev/a:/dev/b`, `/dev/a:/dev/b:rw` or `/dev/a:rw`. */
export function deviceOf(line: string): { PathOnHost: string; PathInContainer: string; CgroupPermissions: string } {
  const [onHost = '', second = '', third] = line.split(':');
  const isMode = /^[rwm]+$/.test(second);
  return {
    PathOnHost: onHost,
    PathInContainer: isMode || !second ? onHost : second,
    CgroupPermissions: third ?? (isMode ? second : 'rwm'),
  };
}

/** `all`, a count, or `device=0,GPU-1`; other words as `--gpus` has them (`driver=nvidia`, `capabilities=utility`, `options=…`) are not taken. */
export function deviceRequests(gpus: string): object[] {
  const written = gpus.trim();
  if (!written) return [];
  const [, ids] = /^"?device=([^"]+)"?$/.exec(written) ?? [];
  if (ids) return [{ DeviceIDs: ids.split(','), Capabilities: [['gpu']] }];
  if (written === 'all') return [{ Count: -1, Capabilities: [['gpu']] }];
  return /^\d+$/.test(written) ? [{ Count: Number(written), Capabilities: [['gpu']] }] : [];
}

/** `nofile=1024:2048`, or one number for both. */
export function ulimitOf(line: string): { Name: string; Soft: number; Hard: number } | undefined {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(line) ?? [];
  return name === undefined ? undefined : { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

/** `/dev/sda:500` */
export function weights(written: string): { Path: string; Weight: number }[] {
  return linesOf(written).flatMap((line) => {
    const [, path, weight] = /^(.+):(\d+)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ Path: path, Weight: Number(weight) }];
  });
}

/** `/dev/sda:10m` */
export function throttles(written: string): { Path: string; Rate: number }[] {
  return linesOf(written).flatMap((line) => {
    const [, path, rate = ''] = /^(.+):([^:]+)$/.exec(line) ?? [];
    const value = parseBytes(rate);
    return path === undefined || value === undefined ? [] : [{ Path: path, Rate: value }];
  });
}
