import { useOrganization, useTopics } from '../api/queries';
import { siteName, urgentWords } from '../words/words';
import type { UrgentFlag } from '../api/types';
import type { Names } from './sentences';

/** The names in a plan as people know them. */
export function useNames(): Names {
  const { locations, people } = useOrganization();
  const { nameOf } = useTopics();
  return {
    location: (key) => locations.find(({ id, name }) => id === key || name.toLowerCase() === key.toLowerCase())?.name ?? key,
    person: (key) => people.find(({ id, email }) => id === key || email.toLowerCase() === key.toLowerCase())?.name ?? key,
    topic: nameOf,
    site: siteName,
    flag: (flag) => (Object.hasOwn(urgentWords, flag) ? urgentWords[flag as UrgentFlag] : flag),
  };
}

/** People as a picker offers them: by e-mail address, which is how a plan names them, and whatever it names already. */
export function usePeopleChoices(named: readonly string[] = []): { value: string; label: string }[] {
  const { people } = useOrganization();
  const names = useNames();
  const known = people.filter((person) => person.active && person.role !== 'viewer').map(({ email, name }) => ({ value: email, label: name }));
  const others = named.filter((key) => key && !known.some(({ value }) => value === key)).map((key) => ({ value: key, label: names.person(key) }));
  return [...known, ...[...new Map(others.map((other) => [other.value, other])).values()]];
}
