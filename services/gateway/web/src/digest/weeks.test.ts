import { expect, test } from 'vitest';
import { mondayOf, recentWeeks, trend, weekOf, weekWords } from './weeks';

test('weeks are those of ISO 8601, also around the new year', () => {
  expect(weekOf(Date.UTC(2026, 10, 22, 23, 59))).toBe('2026-W47');
  expect(weekOf(Date.UTC(2026, 10, 23))).toBe('2026-W48');
  expect(weekOf(Date.UTC(2027, 0, 1))).toBe('2026-W53');
  expect(weekOf(Date.UTC(2024, 11, 30))).toBe('2025-W01');
  for (const week of recentWeeks(Date.UTC(2026, 10, 22), 300)) expect(weekOf(mondayOf(week))).toBe(week);
  expect(mondayOf('soon')).toBeNaN();
  expect(weekWords('2026-W47')).toBe('Nov 16 – Nov 22, 2026');
  expect(new Set(recentWeeks(Date.UTC(2026, 10, 22))).size).toBe(53);
});

test('a number is told with the one before', () => {
  const say = (n: number) => `${n}`;
  expect(trend(5, 3, say)).toEqual({ sign: 'up', text: '3 the week before' });
  expect(trend(3, 3, say).sign).toBe('same');
  expect(trend(null, 3, say)).toEqual({ sign: 'none', text: '3 the week before' });
  expect(trend(4, null, say).text).toBe('none the week before');
});
