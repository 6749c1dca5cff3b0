import type { Match, PlanNode, PlanOwner, Policy, Step } from './plan';
import { durationWords } from './durations';

/** What names in a plan mean to people. */
export type Names = {
  location: (idOrName: string) => string;
  person: (idOrEmail: string) => string;
  topic: (key: string) => string;
  site: (id: string) => string;
  flag: (flag: string) => string;
};

/** "a", "a or b", "a, b or c". */
export function either(words: readonly string[], or = 'or'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${or} ${words.at(-1) ?? ''}`;
}

export const languageWords: Record<string, string> = { en: 'English', es: 'Spanish' };

function topicSaid(topic: string, names: Names): string {
  const [key = '', polarity] = topic.split(':');
  return polarity ? `${names.topic(key)} (${polarity})` : names.topic(key);
}

/** The conditions of a node, each as a part of a sentence; none is every review. */
export function conditions(match: Match | undefined, names: Names): string[] {
  if (!match) return [];
  const said: string[] = [];
  const list = (values: readonly string[] | undefined, say: (joined: string) => string, word: (value: string) => string = (v) => v) => {
    if (values?.length) said.push(say(either(values.map(word))));
  };
  list(match.topics, (v) => `the topic is ${v}`, (topic) => topicSaid(topic, names));
  list(match.polarity, (v) => `it is ${v}`);
  const stars = (n: number) => `${n} ${n === 1 ? 'star' : 'stars'}`;
  const { rating_min: min, rating_max: max } = match;
  const rating =
    min !== undefined && max !== undefined ? (min === max ? `it has ${stars(min)}` : `it has ${min} to ${stars(max)}`) : max !== undefined ? `it has ${stars(max)} or less` : min !== undefined ? `it has ${stars(min)} or more` : '';
  if (rating) said.push(match.unrated ? `${rating} or none` : rating);
  else if (match.unrated) said.push('it has no rating');
  if (match.urgent?.includes('any')) said.push('it is urgent');
  else if (match.urgent?.includes('none')) said.push('it is not urgent');
  else list(match.urgent, (v) => `it may be: ${v}`, (flag) => names.flag(flag).toLowerCase());
  list(match.locations, (v) => `it is about ${v}`, names.location);
  list(match.regions, (v) => `the region is ${v}`);
  list(match.sites, (v) => `it is on ${v}`, names.site);
  list(match.languages, (v) => `it is in ${v}`, (code) => languageWords[code] ?? code);
  if (match.mentions?.includes('any')) said.push('it names somebody of the practice');
  else list(match.mentions, (v) => `it names ${v}`);
  list(match.text, (v) => `it says ${v}`, (words) => `“${words}”`);
  return said;
}

/** Who gets it, in words. */
export function ownerWords(owner: PlanOwner, names: Names): string {
  const among = owner.team ? `of team ${owner.team}` : 'of those who cover the location';
  switch (owner.strategy ?? (owner.person ? 'person' : 'least_loaded')) {
    case 'person':
      return owner.person ? names.person(owner.person) : 'a person who is still to be chosen';
    case 'round_robin':
      return `each in turn ${among}`;
    case 'location_manager':
      return 'the manager of the location';
    case 'mentioned_manager':
      return 'the manager of the provider it names';
    default:
      return `who has the least to do ${among}`;
  }
}

/** What a node decides, each as a part of a sentence; empty where it only passes on. */
export function decisions(node: PlanNode, names: Names): string[] {
  const said: string[] = [];
  if (node.owner && Object.values(node.owner).some(Boolean)) said.push(ownerWords(node.owner, names));
  if (node.priority) said.push(`${node.priority} priority`);
  if (node.sla) said.push(`time ${node.sla}`);
  if (node.approval !== undefined) said.push(node.approval ? 'needs approval' : 'needs no approval');
  if (node.notify?.length) said.push(`tells ${either(node.notify.map((name) => `#${name}`), 'and')}`);
  return said;
}

/** "If the topic is Billing (negative) → who has the least to do of team billing, time critical, needs approval". */
export function sentence(node: PlanNode, names: Names): { when: string; then: string } {
  const asked = conditions(node.match, names);
  const then = decisions(node, names).join(', ');
  return {
    when: asked.length === 0 ? 'Every review' : `If ${asked.length < 2 ? (asked[0] ?? '') : `${asked.slice(0, -1).join(', ')} and ${asked.at(-1) ?? ''}`}`,
    then: [then || (node.routes?.length ? 'as the rules below say' : 'as above'), node.continue && 'and the rules after it are looked at too'].filter(Boolean).join('; '),
  };
}

/** "first reply in 8 hours, closed in 40 hours, on the calendar office". */
export function policyWords(policy: Policy): string {
  const said = [
    policy.first_reply && `first reply in ${durationWords(policy.first_reply)}`,
    policy.next_step && `each next step in ${durationWords(policy.next_step)}`,
    policy.resolution && `closed in ${durationWords(policy.resolution)}`,
  ].filter(Boolean);
  return `${said.length ? said.join(', ') : 'no target'}; counted ${policy.calendar ? `on the calendar ${policy.calendar}` : 'around the clock'}`;
}

/** What happens to a case that is overdue. */
export function stepWords(step: Step, names: Names): string {
  const [kind, name = ''] = (step.to ?? '').split(/:(.*)/);
  const to = kind === 'location_manager' ? 'to the manager of the location' : kind === 'team' ? `to team ${name}` : kind === 'person' ? `to ${names.person(name)}` : '';
  const priority = step.priority ? `${step.priority} priority` : '';
  const when = step.after && step.after !== '0' ? `${durationWords(step.after)} after it is due` : 'As soon as it is overdue';
  return `${when}: ${[to, priority].filter(Boolean).join(', ') || 'nothing yet'}`;
}
