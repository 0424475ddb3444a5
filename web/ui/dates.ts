/**
 * Dates as a person reads them, by the browser's own language.
 *
 * Decision: formatters are made once, because making one costs more than a hundred uses. All input is milliseconds
 * since 1970; the zone is the device's.
 */
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const year = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY = 86_400_000;

/** For a list: the time today, the weekday this week, else the date. */
export function listDate(at: number, now: number): string {
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return time.format(then);
  if (at < now && now - at < 6 * DAY) return weekday.format(then);
  return then.getFullYear() === today.getFullYear() ? day.format(then) : year.format(then);
}

/** Hours and minutes. */
export function clockTime(at: number): string {
  return time.format(at);
}

/** Weekday, date and time, in full. */
export function fullDate(at: number): string {
  return full.format(at);
}

/** "2 minutes ago". */
export function ago(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  if (seconds > -60) return relative.format(0, 'second');
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}
