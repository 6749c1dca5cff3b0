import type { Calendar } from './plan';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const weekdayWords: Record<(typeof weekdays)[number], string> = { mon: 'Monday', tue: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', fri: 'Friday', sat: 'Saturday', sun: 'Sunday' };

/** "08:00-12:00, 13:00-17:00" as its intervals; the gap between two is lunch. */
export const intervalsOf = (text: string): string[] =>
  text
    .split(/[,;]/)
    .map((part) => part.replace(/\s+/g, '').replace(/[–—]/g, '-'))
    .filter((part) => part && part.toLowerCase() !== 'closed')
    .map((part) => part.replace(/^(\d):/, '0$1:').replace(/-(\d):/, '-0$1:'));

/** What is wrong with the hours of a day, in words; empty if nothing is. */
export function hoursFault(text: string): string {
  for (const interval of intervalsOf(text)) {
    if (!/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(interval)) return 'Write it like 08:00-12:00, 13:00-17:00.';
  }
  return '';
}

/** The hours of each weekday as texts, in the order of the week. */
export const hoursByDay = (calendar: Calendar): string[] => weekdays.map((day) => (calendar.hours?.[day] ?? []).join(', '));

/** A calendar with these hours. All days empty is a calendar that is always open. */
export function withHours(calendar: Calendar, days: readonly string[]): Calendar {
  const hours = Object.fromEntries(weekdays.map((day, i) => [day, intervalsOf(days[i] ?? '')] as const).filter(([, intervals]) => intervals.length > 0));
  const next = { ...calendar, hours };
  if (Object.keys(hours).length === 0) delete (next as Calendar).hours;
  return next;
}

/** What is wrong with the date of a holiday; empty if nothing is. */
export function dateFault(date: string): string {
  const known = /^(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$|^(1st|2nd|3rd|4th|5th|last) (mon|tue|wed|thu|fri|sat|sun) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)$/i;
  return known.test(date.trim()) ? '' : 'Write 2026-12-24, 12-25 for every year, or 4th thu nov.';
}

/** "Monday 08:00-12:00, 13:00-17:00; …", days with the same hours together. */
export function calendarWords(calendar: Calendar): string {
  const days = hoursByDay(calendar);
  if (days.every((text) => !text)) return 'Always open';
  const groups: { from: number; to: number; text: string }[] = [];
  days.forEach((text, i) => {
    const last = groups.at(-1);
    if (last && last.text === text) last.to = i;
    else groups.push({ from: i, to: i, text });
  });
  const name = (i: number) => weekdayWords[weekdays[i] ?? 'mon'].slice(0, 3);
  return groups.map(({ from, to, text }) => `${from === to ? name(from) : `${name(from)}–${name(to)}`} ${text || 'closed'}`).join('; ');
}
