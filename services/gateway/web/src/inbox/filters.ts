import type { operations } from '../api/schema.gen';
import type { CaseStatus, Polarity, Review, TopicKey } from '../api/types';
import { textMatches } from '../text/search';
import { pendingStatuses, polarities, statuses, topics } from '../words/words';

export type Query = NonNullable<operations['listReviews']['parameters']['query']>;
export type Sort = NonNullable<Query['sort']>;

/** What the inbox shows. Empty lists and absent values do not filter. */
export type Filters = {
  location_id: string[];
  site: string[];
  topic: TopicKey[];
  polarity: Polarity[];
  overall: Polarity[];
  status: CaseStatus[];
  owner_id: string[];
  urgent: boolean;
  overdue: boolean;
  removed: boolean;
  /** Those hidden until a time that has not come, and no others; without it those are left out. */
  snoozed: boolean;
  /** Whole stars, 1 to 5, both included: 4 means from 4.0 up to but not 5.0. */
  rating_min?: number;
  rating_max?: number;
  from?: string;
  to?: string;
  q: string;
  sort: Sort;
};

export type ListName = 'location_id' | 'site' | 'topic' | 'polarity' | 'overall' | 'status' | 'owner_id';

export const noFilters: Filters = {
  location_id: [], site: [], topic: [], polarity: [], overall: [], status: [], owner_id: [],
  urgent: false, overdue: false, removed: false, snoozed: false, q: '', sort: '-posted_at',
};

export const sortWords: Record<Sort, string> = {
  '-posted_at': 'Newest first',
  posted_at: 'Oldest first',
  due_at: 'Due first',
  '-due_at': 'Due last',
  rating: 'Lowest rating',
  '-rating': 'Highest rating',
};

const listNames: ListName[] = ['location_id', 'site', 'topic', 'polarity', 'overall', 'status', 'owner_id'];
/** How keys of topics of an organization's own are spelled. */
const ownTopic = /^own\.[a-z0-9]([a-z0-9_]{0,38}[a-z0-9])?$/;
const one = (values: readonly string[]) => (value: string) => values.includes(value);
const allowed: Partial<Record<ListName, (value: string) => boolean>> = {
  topic: (value) => (topics as string[]).includes(value) || ownTopic.test(value),
  polarity: one(polarities), overall: one(polarities), status: one(statuses),
};
const maxValues = 50;
const maxLength = 100;
const maxSearch = 200;
const date = /^\d{4}-\d{2}-\d{2}$/;

/** Reads filters from an address. What it does not understand it leaves out: an old bookmark still opens. */
export function parseFilters(params: URLSearchParams): Filters {
  const lists = Object.fromEntries(
    listNames.map((name) => {
      const known = allowed[name];
      const values = params.getAll(name).filter((v) => v !== '' && v.length <= maxLength && (!known || known(v)));
      return [name, [...new Set(values)].slice(0, maxValues)];
    }),
  ) as Pick<Filters, ListName>;
  const filters: Filters = {
    ...noFilters,
    ...lists,
    urgent: params.get('urgent') === 'true',
    overdue: params.get('overdue') === 'true',
    removed: params.get('removed') === 'true',
    snoozed: params.get('snoozed') === 'true',
    q: [...(params.get('q') ?? '')].slice(0, maxSearch).join('').trim(),
  };
  const sort = params.get('sort');
  if (sort && Object.hasOwn(sortWords, sort)) filters.sort = sort as Sort;
  const low = stars(params.get('rating_min'));
  const high = stars(params.get('rating_max'));
  if (low && high && low > high) return filters;
  if (low) filters.rating_min = low;
  if (high) filters.rating_max = high;
  for (const name of ['from', 'to'] as const) {
    const value = params.get(name);
    if (value && date.test(value) && !Number.isNaN(Date.parse(value))) filters[name] = value;
  }
  return filters;
}

function stars(value: string | null): number | undefined {
  return value && /^[1-5]$/.test(value) ? Number(value) : undefined;
}

/** Writes filters into an address, in a fixed order, without what is at its default. */
export function filterParams(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of listNames) for (const value of filters[name]) params.append(name, value);
  for (const name of ['urgent', 'overdue', 'removed', 'snoozed'] as const) if (filters[name]) params.set(name, 'true');
  if (filters.rating_min) params.set('rating_min', String(filters.rating_min));
  if (filters.rating_max) params.set('rating_max', String(filters.rating_max));
  if (filters.from) params.set('from', filters.from);
  if (filters.to) params.set('to', filters.to);
  if (filters.q) params.set('q', filters.q);
  if (filters.sort !== noFilters.sort) params.set('sort', filters.sort);
  return params;
}

/** The same filters as the API takes them, without the sort. */
export function apiFilters(filters: Filters): Omit<Query, 'sort' | 'limit' | 'cursor'> {
  const query: Omit<Query, 'sort' | 'limit' | 'cursor'> = {};
  for (const name of listNames) if (filters[name].length) Object.assign(query, { [name]: filters[name] });
  for (const name of ['urgent', 'overdue', 'removed'] as const) if (filters[name]) query[name] = true;
  query.snoozed = filters.snoozed;
  if (filters.rating_min) query.rating_min = filters.rating_min;
  // The facet counts whole stars rounded down, so "up to 3 stars" reaches to just below 4.
  if (filters.rating_max && filters.rating_max < 5) query.rating_max = filters.rating_max + 0.99;
  if (filters.from) query.from = filters.from;
  if (filters.to) query.to = filters.to;
  if (filters.q) query.q = filters.q;
  return query;
}

/** True when nothing is filtered; the sort is no filter. */
export function isUnfiltered(filters: Filters): boolean {
  return filterParams({ ...filters, sort: noFilters.sort }).size === 0;
}

/** Adds a value to a list or takes it out. */
export function toggleValue(filters: Filters, name: ListName, value: string): Filters {
  const values = filters[name] as string[];
  const next = values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
  return { ...filters, [name]: next };
}

/** Choosing a star starts, widens, narrows or clears the range of ratings. */
export function toggleStar(filters: Filters, star: number): Filters {
  const { rating_min: low, rating_max: high, ...rest } = filters;
  if (low === undefined && high === undefined) return { ...rest, rating_min: star, rating_max: star };
  const from = low ?? 1;
  const to = high ?? 5;
  if (star < from) return { ...rest, rating_min: star, rating_max: to };
  if (star > to) return { ...rest, rating_min: from, rating_max: star };
  if (from === to) return rest;
  if (star === from) return { ...rest, rating_min: from + 1, rating_max: to };
  if (star === to) return { ...rest, rating_min: from, rating_max: to - 1 };
  return { ...rest, rating_min: star, rating_max: star };
}

/** True where a star lies in the chosen range of ratings. */
export function hasStar(filters: Filters, star: number): boolean {
  if (filters.rating_min === undefined && filters.rating_max === undefined) return false;
  return star >= (filters.rating_min ?? 1) && star <= (filters.rating_max ?? 5);
}

/**
 * Whether a review that has just arrived belongs to what is shown. It follows the server's rules, and only decides
 * whether to say "1 new review": the list itself always comes from the server.
 */
export function matchesFilters(review: Review, filters: Filters, me: string, now: number): boolean {
  const any = <T>(wanted: readonly T[], test: (value: T) => boolean) => wanted.length === 0 || wanted.some(test);
  const { owner_id: owner, due_at: due, status } = review.case;
  const overdue = due !== null && pendingStatuses.includes(status) && Date.parse(due) < now;
  const rating = review.rating;
  return (
    any(filters.location_id, (v) => v === review.location_id) &&
    any(filters.site, (v) => v === review.site) &&
    any(filters.overall, (v) => v === review.overall) &&
    any(filters.status, (v) => v === status) &&
    any(filters.owner_id, (v) => v === owner || (v === 'me' && owner === me) || (v === 'none' && !owner)) &&
    matchesTags(review, filters) &&
    (!filters.urgent || review.urgent.length > 0) &&
    (!filters.overdue || overdue) &&
    (!filters.removed || review.removed) &&
    filters.snoozed === (Date.parse(review.case.snoozed_until ?? '') > now) &&
    (filters.rating_min === undefined || (rating !== null && rating >= filters.rating_min)) &&
    (filters.rating_max === undefined || (rating !== null && rating < filters.rating_max + 1)) &&
    (!filters.from || review.posted_at >= filters.from) &&
    (!filters.to || review.posted_at.slice(0, 10) <= filters.to) &&
    (!filters.q || textMatches(`${review.text} ${review.author}`, filters.q))
  );
}

function matchesTags(review: Review, { topic, polarity }: Filters): boolean {
  if (!topic.length && !polarity.length) return true;
  return review.tags.some(
    (tag) => (!topic.length || topic.includes(tag.topic)) && (!polarity.length || polarity.includes(tag.polarity)),
  );
}
