/** The days of the week, as opening hours name them. */
export const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;
export const weekdayWords = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

const entry = /^(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))? (\d{2}:\d{2}-\d{2}:\d{2})$/;
const interval = /^([01]?\d|2[0-4])[:.]([0-5]\d)\s*(?:-|–|to)\s*([01]?\d|2[0-4])[:.]([0-5]\d)$/;

/** Hours for each day, as people write them ("08:00-12:00, 13:00-17:00"); null where they have another form. */
export function byDay(hours: readonly string[]): string[] | null {
  const days: string[][] = weekdays.map(() => []);
  for (const line of hours) {
    for (const part of line.split(',').map((p) => p.trim())) {
      const found = entry.exec(part);
      if (!found) return null;
      const from = weekdays.indexOf(found[1] as (typeof weekdays)[number]);
      const to = found[2] ? weekdays.indexOf(found[2] as (typeof weekdays)[number]) : from;
      for (let day = from; ; day = (day + 1) % 7) {
        days[day]?.push(found[3] as string);
        if (day === to) break;
      }
    }
  }
  return days.map((times) => times.sort().join(', '));
}

/** What is wrong with the hours of a day; undefined where nothing is. An empty day is closed. */
export function dayFault(text: string): string | undefined {
  return text.trim() === '' || intervals(text) ? undefined : 'Write it as 08:00-12:00, 13:00-17:00';
}

function intervals(text: string): string[] | null {
  const out: string[] = [];
  for (const part of text.split(',').map((p) => p.trim())) {
    const found = interval.exec(part);
    if (!found) return null;
    const [from, to] = [`${(found[1] as string).padStart(2, '0')}:${found[2]}`, `${(found[3] as string).padStart(2, '0')}:${found[4]}`];
    if (from === to || from >= '24:01' || to >= '24:01') return null;
    out.push(`${from}-${to}`);
  }
  return out.sort();
}

/** Hours of each day as the record keeps them: days that follow one another and are alike become one entry. */
export function joinDays(days: readonly string[]): string[] {
  const times = days.map((text) => (text.trim() ? (intervals(text) ?? []) : []));
  const out: string[] = [];
  for (let day = 0; day < times.length; ) {
    const same = times[day] as string[];
    let last = day;
    while (last + 1 < times.length && (times[last + 1] as string[]).join() === same.join()) last++;
    const name = last === day ? weekdays[day] : `${weekdays[day]}-${weekdays[last]}`;
    for (const time of same) out.push(`${name} ${time}`);
    day = last + 1;
  }
  return out;
}
