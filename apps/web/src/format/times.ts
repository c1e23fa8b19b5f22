const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** 32d 2h, 4h 10m, 12m, 8s: the two largest units, the same in every language. */
export function duration(ms: number): string {
  if (ms >= dayMs) return `${Math.floor(ms / dayMs)}d ${Math.floor((ms % dayMs) / hourMs)}h`;
  if (ms >= hourMs) return `${Math.floor(ms / hourMs)}h ${Math.floor((ms % hourMs) / minuteMs)}m`;
  if (ms >= minuteMs) return `${Math.floor(ms / minuteMs)}m`;
  return `${Math.max(0, Math.floor(ms / secondMs))}s`;
}

/** "4 minutes ago" in the words of the locale. */
export function ago(thenMs: number, nowMs: number, locale: string): string {
  const past = Math.max(0, nowMs - thenMs);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  if (past < minuteMs) return words.format(-Math.round(past / secondMs), 'second');
  if (past < hourMs) return words.format(-Math.round(past / minuteMs), 'minute');
  if (past < dayMs) return words.format(-Math.round(past / hourMs), 'hour');
  if (past < 60 * dayMs) return words.format(-Math.round(past / dayMs), 'day');
  if (past < 730 * dayMs) return words.format(-Math.round(past / (30.44 * dayMs)), 'month');
  return words.format(-Math.round(past / (365.25 * dayMs)), 'year');
}

/** 09:41:22 of the browser's time zone. */
export function clock(ms: number): string {
  const time = new Date(ms);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** 09:41:22.818: what a log line shows. */
export function preciseClock(ms: number): string {
  return `${clock(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}

/** The browser's own variant of a language, which says how dates are written there: en-GB for en. */
function regional(locale: string): string {
  const [language] = locale.split('-');
  return navigator.languages.find((one) => one.split('-')[0] === language) ?? locale;
}

/** Date and time in full, for titles and details. */
export function fullTime(ms: number, locale: string): string {
  return new Intl.DateTimeFormat(regional(locale), { dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
}
