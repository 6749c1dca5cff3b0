/** Days and hours of a place, without a library: the offset of its zone is asked of the browser. */
const zoned = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let found = zoned.get(zone);
  if (!found) {
    const parts: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', weekday: 'short' };
    try {
      found = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat('en-US', { ...parts, timeZone: 'UTC' });
    }
    zoned.set(zone, found);
  }
  return found;
}

type Local = { year: number; month: number; day: number; hour: number; minute: number; weekday: number };
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What a clock on the wall of a place shows. */
export function localTime(at: number, zone: string): Local {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(at).map((part) => [part.type, part.value]));
  return {
    year: Number(parts.year), month: Number(parts.month), day: Number(parts.day), hour: Number(parts.hour), minute: Number(parts.minute),
    weekday: weekdays.indexOf(parts.weekday ?? ''),
  };
}

/** The moment when clocks of a place show an hour of a day; days may run over the month. */
export function momentOf(day: { year: number; month: number; day: number }, hour: number, minute: number, zone: string): number {
  const wanted = Date.UTC(day.year, day.month - 1, day.day, hour, minute);
  let at = wanted;
  // Twice, because the first answer may lie on the other side of a change of the clocks.
  for (let i = 0; i < 2; i++) {
    const shown = localTime(at, zone);
    at += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return at;
}

export type QuickTime = { name: string; at: number };

/** Hours at which things come back or are due. */
const morning = 9;
const evening = 17;

function ahead(now: number, days: number, hour: number, zone: string): number {
  const today = localTime(now, zone);
  return momentOf({ ...today, day: today.day + days }, hour, 0, zone);
}

/** Days from today to the next such weekday (0 is Sunday), never today. */
function until(now: number, weekday: number, zone: string): number {
  return (weekday - localTime(now, zone).weekday + 6) % 7 + 1;
}

/** When a case can come back: later today only while that is still before the evening. */
export function snoozeTimes(now: number, zone: string): QuickTime[] {
  const times: QuickTime[] = [];
  const later = now + 3 * 3_600_000;
  if (localTime(later, zone).day === localTime(now, zone).day && localTime(later, zone).hour < 19) times.push({ name: 'Later today', at: Math.ceil(later / 900_000) * 900_000 });
  times.push({ name: 'Tomorrow', at: ahead(now, 1, morning, zone) });
  times.push({ name: 'Next week', at: ahead(now, until(now, 1, zone), morning, zone) });
  return times;
}

/** By when something is promised. */
export function promiseTimes(now: number, zone: string): QuickTime[] {
  const friday = until(now, 5, zone);
  const times = [{ name: 'Tomorrow', at: ahead(now, 1, evening, zone) }];
  if (friday > 1) times.push({ name: 'Friday', at: ahead(now, friday, evening, zone) });
  times.push({ name: 'In a week', at: ahead(now, 7, evening, zone) });
  return times;
}

/** A moment as a field for date and time takes it: "2026-03-02T09:00", in the zone of a place. */
export function fieldValue(at: number, zone: string): string {
  const { year, month, day, hour, minute } = localTime(at, zone);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** The moment a field for date and time names; undefined where it names none. */
export function fieldMoment(value: string, zone: string): number | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(value);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  const at = momentOf({ year, month, day }, hour, minute, zone);
  return Number.isNaN(at) ? undefined : at;
}
