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
  const version = () => (after('version') ? ` (version ${after('version')})` : '');
  const promise = () => (after('text') ? `: “${after('text')}”` : '');
  const dueBy = () => {
    const due = absoluteTime(after('commitment_due_at'), timeZone);
    return due ? `, due ${due}` : '';
  };
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
      if (!after('status')) return 'The hold was changed';
      const cause = after('root_cause') ? `; root cause: ${after('root_cause')}` : '';
      const held = absoluteTime(after('held_until'), timeZone);
      return `${from ? `Status changed from ${status(from)} to ${to}` : `Status set to ${to}`}${held ? ` until ${held}` : ''}${cause}`;
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
      return event.after && 'reply' in event.after && event.after.reply === null ? 'The reply is no longer on the site' : 'A reply was seen on the site';
    case 'routed': {
      const changed = [after('priority') && `priority ${after('priority')}`, after('policy') && `SLA policy ${after('policy')}`];
      if (event.after && 'approval' in event.after) changed.push(event.after.approval ? 'a reply needs approval' : 'a reply needs no approval');
      const told = changed.filter(Boolean).join(', ');
      return told ? `Sorted anew: ${told}` : 'Sorted anew';
    }
    case 'due_soon':
      return `${clockName(after('clock'))} is due soon`;
    case 'overdue':
      return `${clockName(after('clock'))} is overdue`;
    case 'escalated': {
      const to = after('to');
      const raised = after('priority') ? `priority raised to ${after('priority')}` : '';
      const told = to ? `${person(to) === 'a former colleague' ? humanise(to) : person(to)} told` : '';
      return ['Escalated', [raised, told].filter(Boolean).join(', ')].filter(Boolean).join(': ');
    }
    case 'snoozed':
      return `Snoozed until ${absoluteTime(after('snoozed_until'), timeZone) || 'later'}`;
    case 'woken':
      return 'Back from its snooze';
    case 'merged':
      return after('merged_into') ? 'Merged with the same review on another site' : 'A case of its own again';
    case 'draft_saved':
      return `${before('version') ? 'Reply changed' : 'Reply drafted'}${version()}${before('draft_state') && before('draft_state') !== 'editing' ? '; it goes back to editing' : ''}`;
    case 'draft_discarded':
      return 'Draft of the reply thrown away';
    case 'approval_requested':
      return `Approval of the reply asked for${version()}`;
    case 'approved':
      return `Reply approved${version()}`;
    case 'returned':
      return 'Reply returned to be changed';
    case 'overridden': {
      const rules = event.after?.rules;
      return `Check set aside${Array.isArray(rules) && rules.length ? ` (${rules.map(String).join(', ')})` : ''}`;
    }
    case 'publish_requested':
      return after('publication_state') === 'by_hand' ? 'Reply is to be put on the site by hand' : event.reason === 'sent again' ? 'Reply is being sent again' : 'Reply is being published';
    case 'publish_undone':
      return 'Reply taken back before it left';
    case 'reply_sent':
      return after('publication_state') === 'pending' ? 'The site took the reply and looks at it' : 'The site took the reply';
    case 'reply_failed':
      return 'The reply could not be sent';
    case 'reply_by_hand':
      return 'Reply put on the site by hand';
    case 'reply_confirmed':
      return after('publication_state') === 'pending' ? 'The site has the reply and looks at it' : 'The reply is public on the site';
    case 'reply_refused':
      return 'The site refused the reply';
    case 'reply_changed':
      return after('publication_state') === 'gone_from_site' ? 'The reply is gone from the site' : 'The site shows another reply';
    case 'commitment_made':
      return `Promised${promise()}${after('owner_id') ? `, by ${person(after('owner_id'))}` : ''}${dueBy()}`;
    case 'commitment_changed': {
      const moved = absoluteTime(after('commitment_due_at'), timeZone);
      const to = after('owner_id');
      if (after('commitment_state') === 'open') return 'Promise is open again';
      return ['Promise', [moved && `moved to ${moved}`, to && `handed to ${person(to)}`].filter(Boolean).join(' and ') || 'changed'].join(' ');
    }
    case 'commitment_due':
      return `Reminded of a promise${promise()}${dueBy()}`;
    case 'commitment_missed':
      return `Promise not kept in time${promise()}`;
    case 'commitment_kept':
      return 'Promise kept';
    case 'commitment_dropped':
      return 'Promise dropped';
    default:
      return humanise(event.type);
  }
}

const clockNames: Record<string, string> = { first_reply: 'The first reply', next_step: 'The next step', resolution: 'The resolution' };
const clockName = (name: string) => (Object.hasOwn(clockNames, name) ? (clockNames[name] as string) : 'It');

function field(values: CaseEvent['after'], name: string): string {
  const value = values?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Who did something: a person by name, Bedside itself, or the review's site. */
export function actorWords(actor: Actor, personOf: Names['personOf']): string {
  if (actor.kind === 'person') return actor.name || personOf(actor.id)?.name || 'A former colleague';
  return actor.kind === 'site' ? 'The site' : 'Bedside';
}
