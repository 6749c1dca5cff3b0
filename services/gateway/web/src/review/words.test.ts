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
    ['something_of_tomorrow', null, null, 'Something of tomorrow'],
    ['status_changed', { status: 'open' }, { status: 'resolved', root_cause: 'Billing error' }, 'Status changed from Open to Resolved; root cause: Billing error'],
    ['status_changed', {}, { hold_reason: 'waiting' }, 'The hold was changed'],
    ['reply_seen', { reply: 'x' }, { reply: null }, 'The reply is no longer on the site'],
    ['routed', {}, { priority: 'high', approval: true }, 'Sorted anew: priority high, a reply needs approval'],
    ['due_soon', null, { clock: 'next_step' }, 'The next step is due soon'],
    ['overdue', null, { clock: 'constructor' }, 'It is overdue'],
    ['escalated', {}, { to: 'p1', priority: 'urgent' }, 'Escalated: priority raised to urgent, Dana West told'],
    ['woken', null, null, 'Back from its snooze'],
    ['merged', null, { merged_into: 'r2' }, 'Merged with the same review on another site'],
    ['merged', { merged_into: 'r2' }, { merged_into: null }, 'A case of its own again'],
    ['draft_saved', null, { version: 1 }, 'Reply drafted (version 1)'],
    ['draft_saved', { version: 1, draft_state: 'approved' }, { version: 2 }, 'Reply changed (version 2); it goes back to editing'],
    ['approved', null, { version: 2 }, 'Reply approved (version 2)'],
    ['overridden', null, { rules: ['visit', 'date'] }, 'Check set aside (visit, date)'],
    ['publish_requested', null, { publication_state: 'by_hand' }, 'Reply is to be put on the site by hand'],
    ['publish_undone', null, null, 'Reply taken back before it left'],
    ['reply_changed', null, { publication_state: 'gone_from_site' }, 'The reply is gone from the site'],
    ['commitment_made', null, { text: 'Call back', owner_id: 'p1' }, 'Promised: “Call back”, by Dana West'],
    ['commitment_changed', {}, { owner_id: 'p1' }, 'Promise handed to Dana West'],
    ['commitment_changed', {}, { commitment_state: 'open' }, 'Promise is open again'],
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
