import type { Lexicon, OwnTopic, Term } from '../api/types';

type Content = Pick<Lexicon, 'topics' | 'terms'>;

/** How a phrase is compared: capitals and the number of blanks do not matter. */
const plain = (phrase: string) => phrase.trim().replace(/\s+/g, ' ').toLowerCase();

/** The key of a new topic by its name, unlike those that are taken; empty where the name has nothing to make one of. */
export function keyOf(name: string, taken: readonly string[]): string {
  const base = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 36)
    .replace(/_+$/, '');
  if (!base) return '';
  let key = `own.${base}`;
  for (let n = 2; taken.includes(key); n++) key = `own.${base}_${n}`;
  return key;
}

export function withTopic({ topics, terms }: Content, topic: OwnTopic): Content {
  const known = topics.some(({ key }) => key === topic.key);
  return { terms, topics: known ? topics.map((old) => (old.key === topic.key ? topic : old)) : [...topics, topic] };
}

/** A topic goes with the terms that speak of it. */
export function withoutTopic({ topics, terms }: Content, key: string): Content {
  return { topics: topics.filter((topic) => topic.key !== key), terms: terms.filter((term) => term.topic !== key) };
}

export function withTerm({ topics, terms }: Content, term: Term, at: number | null): Content {
  const tidy: Term = { ...term, phrase: term.phrase.trim().replace(/\s+/g, ' '), name: term.name?.trim() || undefined, role: term.role?.trim() || undefined };
  return { topics, terms: at === null ? [...terms, tidy] : terms.map((old, i) => (i === at ? tidy : old)) };
}

export function withoutTerm({ topics, terms }: Content, at: number): Content {
  return { topics, terms: terms.filter((_term, i) => i !== at) };
}

/** What is wrong with a term, by its field. */
export function termFaults(term: Term, { terms }: Content, at: number | null): { phrase?: string; topic?: string; name?: string } {
  const faults: { phrase?: string; topic?: string; name?: string } = {};
  if (!plain(term.phrase)) faults.phrase = 'Write the words.';
  else if (new TextEncoder().encode(term.phrase.trim()).length > 100) faults.phrase = 'That is too long for a term.';
  else if (terms.some((other, i) => i !== at && plain(other.phrase) === plain(term.phrase))) faults.phrase = 'These words are a term already.';
  if (term.kind === 'topic' && !term.topic) faults.topic = 'Choose the topic.';
  if (term.kind === 'person' && !term.name?.trim()) faults.name = 'Say who it is.';
  return faults;
}
