import { describe, expect, it } from 'vitest';
import { absoluteTime, dueTime, duration, relativeTime, shortTime } from './format';

const now = Date.parse('2026-03-10T12:00:00Z');
const plain = (text: string) => text.replace(/\u202f|\u00a0/g, ' ');

describe('absoluteTime', () => {
  it('is in the zone of the place, over a change of the clocks', () => {
    expect(plain(absoluteTime('2026-03-08T07:30:00Z', 'America/Chicago'))).toBe('Sun, Mar 8, 2026, 1:30 AM CST');
    expect(plain(absoluteTime('2026-03-08T08:30:00Z', 'America/Chicago'))).toBe('Sun, Mar 8, 2026, 3:30 AM CDT');
    expect(plain(absoluteTime('2026-03-08T08:30:00Z', 'Pacific/Auckland'))).toMatch(/^Sun, Mar 8, 2026, 9:30 PM/);
  });

  it('says UTC where the zone is unknown, and nothing where there is no time', () => {
    expect(plain(absoluteTime('2026-03-08T08:30:00Z', 'Mars/Base'))).toBe('Sun, Mar 8, 2026, 8:30 AM UTC');
    expect(absoluteTime(null, 'UTC')).toBe('');
    expect(absoluteTime('soon', 'UTC')).toBe('');
  });
});

describe('shortTime', () => {
  it('shows the year only where it is far', () => {
    expect(plain(shortTime('2026-03-09T22:05:00Z', 'America/New_York', now))).toBe('Mar 9, 6:05 PM');
    expect(shortTime('2024-03-09T22:05:00Z', 'America/New_York', now)).toBe('Mar 9, 2024');
  });
});

describe('relativeTime', () => {
  it.each([
    ['2026-03-10T11:59:30Z', 'just now'],
    ['2026-03-10T12:00:30Z', 'just now'],
    ['2026-03-10T11:55:01Z', '4 min. ago'],
    ['2026-03-10T15:30:00Z', 'in 3 hr.'],
    ['2026-03-09T11:00:00Z', 'yesterday'],
    ['2026-03-01T12:00:00Z', '9 days ago'],
    ['2025-12-01T12:00:00Z', '3 mo. ago'],
    ['2020-03-10T12:00:00Z', '6 yr. ago'],
  ])('%s is %s', (at, expected) => {
    expect(relativeTime(at, now)).toBe(expected);
  });
});

describe('dueTime', () => {
  it.each([
    ['2026-03-10T12:00:00Z', true, 'soon', 'Due in 1 min'],
    ['2026-03-10T15:05:00Z', true, 'soon', 'Due in 3 h 5 min'],
    ['2026-03-11T12:00:00Z', true, 'later', 'Due in 24 h'],
    ['2026-03-13T12:00:00Z', true, 'later', 'Due in 3 days'],
    ['2026-03-10T11:20:00Z', true, 'overdue', 'Overdue by 40 min'],
    ['2026-03-10T11:20:00Z', false, 'none', ''],
    [null, true, 'none', ''],
  ])('%s, pending %s, is %s', (due, pending, state, text) => {
    expect(dueTime(due, pending, now)).toEqual({ state, text });
  });

  it('never says zero', () => {
    expect(duration(0)).toBe('1 min');
  });
});
