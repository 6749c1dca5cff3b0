const day = 86_400_000;

/** The ISO 8601 week of a time in UTC, as "2026-W47". */
export function weekOf(at: number): string {
  const date = new Date(Math.floor(at / day) * day);
  const weekday = (date.getUTCDay() + 6) % 7;
  // A week belongs to the year of its Thursday.
  const thursday = new Date(date.getTime() + (3 - weekday) * day);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-W${String(Math.floor((thursday.getTime() - first) / day / 7) + 1).padStart(2, '0')}`;
}

/** The Monday on which a week begins, at midnight UTC; NaN where it is none. */
export function mondayOf(week: string): number {
  const found = /^(\d{4})-W(\d{2})$/.exec(week);
  if (!found) return Number.NaN;
  const fourth = Date.UTC(Number(found[1]), 0, 4);
  const weekday = (new Date(fourth).getUTCDay() + 6) % 7;
  return fourth - weekday * day + (Number(found[2]) - 1) * 7 * day;
}

/** The weeks before now that can be looked at, the newest first: the running one and a year back. */
export function recentWeeks(now: number, n = 53): string[] {
  return Array.from({ length: n }, (_unused, i) => weekOf(now - i * 7 * day));
}

const short = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', year: 'numeric', timeZone: 'UTC' });

/** "Nov 16 – Nov 22, 2026". */
export function weekWords(week: string): string {
  const monday = mondayOf(week);
  return Number.isNaN(monday) ? week : `${short.format(monday)} – ${long.format(monday + 6 * day)}`;
}

export type Trend = { sign: 'up' | 'down' | 'same' | 'none'; text: string };

/** How a number moved against the week before. */
export function trend(now: number | null, before: number | null, say: (n: number) => string): Trend {
  if (now === null || before === null) return { sign: 'none', text: before === null ? 'none the week before' : `${say(before)} the week before` };
  const sign = now > before ? 'up' : now < before ? 'down' : 'same';
  return { sign, text: sign === 'same' ? 'as the week before' : `${say(before)} the week before` };
}
