import { describe, expect, it } from 'vitest';
import type { CaseEvent, Person } from '../api/types';
import { actorWords, eventWords } from './words';

const dana: Person = { id: 'p1', name: 'Dana West', email: 'd@example.com', role: 'manager', location_ids: [], active: true, away: false };
const personOf = (id: string | null | undefined) => (id === 'p1' ? dana : undefined);
const say = (type: string, before: CaseEvent['before'], after: CaseEvent['after']) =>
  eventWords({ id: 'e', seq: 1, type, at: '', by: { kind: 'system', id: 'x' }, before, after }, { personOf, timeZone: 'America/Chicago' });

describe('eventWords', () => {
  it.each<[string, CaseEvent['before'], CaseEvent['after'], string]>([
    ['received', null, {}, 'Reached the inbox'],
    ['assigned', null, { owner_id: 'p1' }, 'Assigned to Dana West'],
    ['assigned', { owner_id: 'p9' }, { owner_id: 'p1' }, 'Reassigned from a former colleague to Dana West'],
    ['assigned', null, { owner_id: '' }, 'Left without an owner'],
    ['status_changed', { status: 'new' }, { status: 'open' }, 'Status changed from New to Open'],
    ['status_changed', null, { status: 'future_status' }, 'Status set to Future status'],
    ['due_changed', {}, {}, 'Nothing is due any more'],
    ['text_edited', { version: 1 }, { version: 2 }, 'The author edited the review (version 2)'],
    ['text_edited', null, null, 'The author edited the review'],
    ['reply_approved', null, null, 'Reply approved'],
  ])('%s', (type, before, after, expected) => {
    expect(say(type, before, after)).toBe(expected);
  });

  it('gives a due time in the zone of the location', () => {
    expect(say('due_changed', null, { due_at: '2026-03-11T15:00:00Z' }).replace(/\u202f/g, ' ')).toBe('Due time set to Wed, Mar 11, 2026, 10:00 AM CDT');
  });
});

describe('actorWords', () => {
  it('names people, Bedside and the site', () => {
    expect(actorWords({ kind: 'person', id: 'p1' }, personOf)).toBe('Dana West');
    expect(actorWords({ kind: 'person', id: 'p1', name: 'Dana W.' }, personOf)).toBe('Dana W.');
    expect(actorWords({ kind: 'person', id: 'p9' }, personOf)).toBe('A former colleague');
    expect(actorWords({ kind: 'system', id: 'least_load' }, personOf)).toBe('Bedside');
    expect(actorWords({ kind: 'site', id: 'google' }, personOf)).toBe('The site');
  });
});
