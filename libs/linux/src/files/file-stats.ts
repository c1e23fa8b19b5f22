import type { BigIntStats } from 'node:fs';
import { Failure } from '@gantry/base';
import type { Time } from './file-calls.ts';

/** When a file's content changed last. */
export function timeOf({ mtimeNs }: Pick<BigIntStats, 'mtimeNs'>): Time {
  const second = 1_000_000_000n;
  const nanoseconds = ((mtimeNs % second) + second) % second;
  return { seconds: Number((mtimeNs - nanoseconds) / second), nanoseconds: Number(nanoseconds) };
}

/** Which device a node is for, as makedev(3) packs it. */
export function deviceOf({ rdev }: Pick<BigIntStats, 'rdev'>): { readonly major: number; readonly minor: number } {
  const major = Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn));
  const minor = Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n));
  if (major > 0xfff) throw new Failure('unsupported', `device number ${rdev} cannot be copied`);
  return { major, minor };
}
