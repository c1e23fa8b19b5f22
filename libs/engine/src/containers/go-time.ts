/** Go's zero time: "never". */
export const zeroTime = '0001-01-01T00:00:00Z';

/** Milliseconds since 1970 as RFC 3339; never for 0 and undefined. */
export function goTime(atMs: number | undefined): string {
  if (atMs === undefined || atMs === 0) return zeroTime;
  const fraction = Math.round((atMs % 1000) * 1e6);
  return `${new Date(Math.floor(atMs)).toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`;
}
