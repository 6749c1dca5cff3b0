/** Times as people read them. Everything takes `now`, so that a test can hold the clock. */
const locale = 'en-US';
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: 'full' | 'short' | 'shortYear', timeZone: string): Intl.DateTimeFormat {
  const key = `${kind} ${timeZone}`;
  let found = formats.get(key);
  if (!found) {
    const parts: Intl.DateTimeFormatOptions =
      kind === 'full'
        ? { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' }
        : kind === 'short'
          ? { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }
          : { year: 'numeric', month: 'short', day: 'numeric' };
    try {
      found = new Intl.DateTimeFormat(locale, { ...parts, timeZone });
    } catch {
      // A zone this browser does not know: UTC, and saying so, beats no time at all.
      found = new Intl.DateTimeFormat(locale, { ...parts, timeZone: 'UTC' });
    }
    formats.set(key, found);
  }
  return found;
}

/** "Tue, Mar 3, 2026, 4:30 PM CST": complete, in the zone of the place it is about. Empty for no time. */
export function absoluteTime(at: string | null | undefined, timeZone: string): string {
  const time = Date.parse(at ?? '');
  return Number.isNaN(time) ? '' : format('full', timeZone).format(time);
}

/** "Mar 3, 4:30 PM", or the date with its year where that is more than half a year away. */
export function shortTime(at: string | null | undefined, timeZone: string, now: number): string {
  const time = Date.parse(at ?? '');
  if (Number.isNaN(time)) return '';
  return format(Math.abs(now - time) < 180 * day ? 'short' : 'shortYear', timeZone).format(time);
}

/** "5 min. ago", "in 3 hr.", "yesterday"; whole units, rounded towards now. Empty for no time. */
export function relativeTime(at: string | null | undefined, now: number): string {
  const time = Date.parse(at ?? '');
  if (Number.isNaN(time)) return '';
  const distance = time - now;
  const size = Math.abs(distance);
  if (size < minute) return 'just now';
  const [unit, length] = (
    size < hour ? ['minute', minute] : size < day ? ['hour', hour] : size < 30 * day ? ['day', day] : size < 365 * day ? ['month', 30 * day] : ['year', 365 * day]
  ) as [Intl.RelativeTimeFormatUnit, number];
  return relative.format(Math.trunc(distance / length), unit);
}

export type Due = { state: 'none' | 'later' | 'soon' | 'overdue'; text: string };

/** What to say of a due time: how long is left, or by how much it is missed. Soon is within four hours. */
export function dueTime(due: string | null | undefined, pending: boolean, now: number): Due {
  const time = Date.parse(due ?? '');
  if (Number.isNaN(time) || !pending) return { state: 'none', text: '' };
  const left = time - now;
  if (left < 0) return { state: 'overdue', text: `Overdue by ${duration(-left)}` };
  return { state: left < 4 * hour ? 'soon' : 'later', text: `Due in ${duration(left)}` };
}

/** "40 min", "3 h 5 min", "2 days"; never less than one minute. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 2 * day) return `${Math.floor(milliseconds / day)} days`;
  const minutes = Math.max(1, Math.floor(milliseconds / minute));
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  return rest && hours < 10 ? `${hours} h ${rest} min` : `${hours} h`;
}
