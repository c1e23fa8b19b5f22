/** Bytes from `start` up to, but without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One range as a request wrote it: from a place, to an end or the last one; or the last so many bytes. */
export type WantedRange = { readonly first: number; readonly last: number | undefined } | { readonly suffix: number };

/** Reads the header `range`. Undefined, which means the whole file: it is absent, has several ranges, or is none (RFC 9110, 14.2). */
export function parseRange(header: string | undefined): WantedRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return { suffix: Number(last) };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return { first: Number(first), last: last === '' ? undefined : Number(last) };
}

/** What a file of a size has of a range. */
export function partOf(range: WantedRange, sizeBytes: number): ByteRange | 'unsatisfiable' {
  if ('suffix' in range) return range.suffix === 0 ? 'unsatisfiable' : { start: Math.max(0, sizeBytes - range.suffix), end: sizeBytes };
  if (range.first >= sizeBytes) return 'unsatisfiable';
  return { start: range.first, end: Math.min(sizeBytes, (range.last ?? sizeBytes) + 1) };
}
