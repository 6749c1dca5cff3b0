export type Unit = 'm' | 'h' | 'd';
export type Length = { n: number; unit: Unit };

const minutes: Record<Unit, number> = { m: 1, h: 60, d: 24 * 60 };
export const unitWords: Record<Unit, string> = { m: 'minutes', h: 'hours', d: 'days of 24 hours' };

/** "1d12h" in minutes; null where it is no duration. Nothing at all is 0. */
export function minutesOf(text: string | undefined): number | null {
  if (!text || text === '0') return 0;
  const found = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/.exec(text);
  if (!found) return null;
  return Number(found[1] ?? 0) * minutes.d + Number(found[2] ?? 0) * minutes.h + Number(found[3] ?? 0);
}

/** A duration in the largest unit that leaves a whole number; hours up to two days, because a day is 24 of them. */
export function lengthOf(text: string | undefined): Length | null {
  const total = minutesOf(text);
  if (!total) return null;
  if (total % minutes.d === 0 && total >= 2 * minutes.d) return { n: total / minutes.d, unit: 'd' };
  if (total % minutes.h === 0) return { n: total / minutes.h, unit: 'h' };
  return { n: total, unit: 'm' };
}

export const durationOf = ({ n, unit }: Length): string => (n > 0 ? `${Math.round(n)}${unit}` : '0');

/** "8 hours", "3 days", "1 day and 12 hours". */
export function durationWords(text: string | undefined): string {
  const total = minutesOf(text);
  if (total === null) return text ?? '';
  if (total === 0) return 'no time';
  const say = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
  const short = lengthOf(text);
  if (short?.unit === 'd') return say(short.n, 'day');
  const hours = Math.floor(total / 60);
  const rest = total % 60;
  return [hours > 0 && say(hours, 'hour'), rest > 0 && say(rest, 'minute')].filter(Boolean).join(' and ');
}
