const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const rateUnits = ['B/s', 'KB/s', 'MB/s', 'GB/s', 'TB/s'] as const;
const shortUnits = ['', 'K', 'M', 'G', 'T'] as const;

/** 1.8 GiB; three digits at most, so that columns keep their width. */
export function bytes(value: number): string {
  const [amount, unit] = scaled(value, 1024, binaryUnits);
  return `${amount} ${unit}`;
}

/** 2.1 MB/s: networks and disks count in thousands. */
export function rate(bytesPerSecond: number): string {
  const [amount, unit] = scaled(bytesPerSecond, 1000, rateUnits);
  return `${amount} ${unit}`;
}

/** 745K: for narrow columns. */
export function shortRate(bytesPerSecond: number): string {
  const [amount, unit] = scaled(bytesPerSecond, 1000, shortUnits);
  return amount + unit;
}

/** 89.2% of permille; whole from 100 % on. One core is 100 %, as `docker stats` has it. */
export function percent(permille: number): string {
  return permille >= 1000 ? `${Math.round(permille / 10)}%` : `${(permille / 10).toFixed(1)}%`;
}

/** 41% of a share of 0 to 1. */
export function share(value: number): string {
  return `${Math.round(value * 100)}%`;
}

function scaled<Unit extends string>(value: number, base: number, units: readonly Unit[]): [string, Unit] {
  let rest = Math.max(0, value);
  let step = 0;
  while (rest >= base * 0.9995 && step < units.length - 1) {
    rest /= base;
    step++;
  }
  const digits = step === 0 || rest >= 99.95 ? 0 : 1;
  return [rest.toFixed(digits), units[step] as Unit];
}

/** Reads 512m, 1.5g, 2GiB, 300k or plain bytes, as the docker CLI takes them; undefined where it is none of these. */
export function parseBytes(written: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?\s*$/i.exec(written);
  if (!found?.[1]) return undefined;
  const power = 'bkmgt'.indexOf((found[2] ?? '').toLowerCase() || 'b');
  return Math.round(Number(found[1]) * 1024 ** power);
}
