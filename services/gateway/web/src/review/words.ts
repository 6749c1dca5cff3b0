import type { Actor, CaseEvent, CaseStatus, Person } from '../api/types';
import { absoluteTime } from '../time/format';
import { humanise, statusWords } from '../words/words';

type Names = { personOf: (id: string | null | undefined) => Person | undefined; timeZone: string };

/** What an event of a review's history says, in words. Fields it does not find it does without. */
export function eventWords(event: CaseEvent, { personOf, timeZone }: Names): string {
  const before = (name: string) => field(event.before, name);
  const after = (name: string) => field(event.after, name);
  const person = (id: string) => personOf(id)?.name ?? 'a former colleague';
  const status = (value: string) => statusWords[value as CaseStatus] ?? humanise(value);
  switch (event.type) {
    case 'received':
      return 'Reached the inbox';
    case 'assigned': {
      const to = after('owner_id');
      const from = before('owner_id');
      if (!to) return 'Left without an owner';
      return from ? `Reassigned from ${person(from)} to ${person(to)}` : `Assigned to ${person(to)}`;
    }
    case 'status_changed': {
      const to = status(after('status'));
      const from = before('status');
      return from ? `Status changed from ${status(from)} to ${to}` : `Status set to ${to}`;
    }
    case 'due_changed': {
      const due = absoluteTime(after('due_at'), timeZone);
      return due ? `Due time set to ${due}` : 'Nothing is due any more';
    }
    case 'note_added':
      return 'Note added';
    case 'text_edited': {
      const version = after('version');
      return version ? `The author edited the review (version ${version})` : 'The author edited the review';
    }
    case 'retagged':
      return 'Topics worked out again';
    case 'tags_corrected':
      return 'Topics corrected';
    case 'removed':
      return 'No longer on its site';
    case 'restored':
      return 'Back on its site';
    case 'reply_seen':
      return 'A reply was seen on the site';
    default:
      return humanise(event.type);
  }
}

function field(values: CaseEvent['after'], name: string): string {
  const value = values?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Who did something: a person by name, Bedside itself, or the review's site. */
export function actorWords(actor: Actor, personOf: Names['personOf']): string {
  if (actor.kind === 'person') return actor.name || personOf(actor.id)?.name || 'A former colleague';
  return actor.kind === 'site' ? 'The site' : 'Bedside';
}
