import { describe, expect, it } from 'vitest';
import { clockWords } from './clockWords';
import type { Clock } from './model';

const now = Date.parse('2026-03-03T16:00:00Z');
const say = (clock: Partial<Clock>) => clockWords('first_reply', { target_seconds: 3600, state: 'running', ...clock }, now, 'UTC');

describe('clockWords', () => {
  it.each<[Partial<Clock>, string, string]>([
    [{ due_at: '2026-03-03T18:30:00Z', soon_at: '2026-03-03T17:30:00Z' }, 'later', 'Due in 2 h 30 min'],
    [{ due_at: '2026-03-03T16:20:00Z', soon_at: '2026-03-03T15:30:00Z' }, 'soon', 'Due soon, in 20 min'],
    [{ due_at: '2026-03-03T15:00:00Z' }, 'missed', 'Overdue by 1 h'],
    [{ state: 'missed', due_at: '2026-03-03T13:00:00Z' }, 'missed', 'Overdue by 3 h'],
    [{ state: 'paused', paused_at: '2026-03-03T13:00:00Z' }, 'paused', 'Paused: the clock stands still'],
    [{ state: 'paused', missed_at: '2026-03-03T13:00:00Z' }, 'paused', 'Overdue; stands still now'],
    [{ state: 'met', met_at: '2026-03-03T13:00:00Z' }, 'met', 'Done in time'],
    [{ state: 'met_late', met_at: '2026-03-03T13:00:00Z' }, 'late', 'Done, but late'],
  ])('%o is %s', (clock, state, text) => {
    expect(say(clock)).toMatchObject({ name: 'First reply', state, text });
  });
});
