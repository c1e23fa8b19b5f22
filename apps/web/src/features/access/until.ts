const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** When something ends, as seen from now: "in 3 hours", "2 days ago" in the words of the locale. */
export function until(end: string, nowMs: number, locale: string): string {
  const left = Date.parse(end) - nowMs;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const size = Math.abs(left);
  if (size < hourMs) return words.format(Math.round(left / minuteMs), 'minute');
  if (size < 2 * dayMs) return words.format(Math.round(left / hourMs), 'hour');
  return words.format(Math.round(left / dayMs), 'day');
}
