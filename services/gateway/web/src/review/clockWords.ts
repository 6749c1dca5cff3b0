import { absoluteTime, duration } from '../time/format';
import type { Clock } from './model';

/** How a target of the SLA policy stands, in words that do without colour. */
export type ClockWords = { name: string; state: 'later' | 'soon' | 'missed' | 'paused' | 'met' | 'late'; text: string; at: string };

const names = { first_reply: 'First reply', next_step: 'Next step', resolution: 'Resolution' } as const;
export type ClockName = keyof typeof names;
export const clockNames = Object.keys(names) as ClockName[];

/** Says when a target is due, or what became of it. `closed` is a case that waits for nobody. */
export function clockWords(name: ClockName, clock: Clock, now: number, timeZone: string): ClockWords {
  const time = (at: string | undefined) => absoluteTime(at, timeZone);
  const words = (state: ClockWords['state'], text: string, at: string | undefined): ClockWords => ({ name: names[name], state, text, at: time(at) });
  switch (clock.state) {
    case 'met':
      return words('met', 'Done in time', clock.met_at);
    case 'met_late':
      return words('late', 'Done, but late', clock.met_at);
    case 'paused':
      return words('paused', clock.missed_at ? 'Overdue; stands still now' : 'Paused: the clock stands still', clock.paused_at);
    case 'missed': {
      const due = Date.parse(clock.due_at ?? clock.missed_at ?? '');
      return words('missed', Number.isNaN(due) ? 'Overdue' : `Overdue by ${duration(Math.max(0, now - due))}`, clock.due_at ?? clock.missed_at);
    }
    default: {
      const due = Date.parse(clock.due_at ?? '');
      if (Number.isNaN(due)) return words('later', 'Running', clock.due_at);
      if (due <= now) return words('missed', `Overdue by ${duration(now - due)}`, clock.due_at);
      const soon = Date.parse(clock.soon_at ?? '') <= now;
      return words(soon ? 'soon' : 'later', `${soon ? 'Due soon, in' : 'Due in'} ${duration(due - now)}`, clock.due_at);
    }
  }
}
