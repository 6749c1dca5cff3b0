import { infiniteQueryOptions, keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { apiFilters, filterParams, noFilters, type Filters } from '../inbox/filters';
import { humanise, pendingStatuses, topics, topicWords } from '../words/words';
import { api, dataOf } from './client';
import type { FindingField, Location, OwnTopic, Person, TopicKey } from './types';

/** Rows a page of the inbox holds. */
export const pageSize = 50;

export const keys = {
  me: ['me'] as const,
  lists: ['reviews', 'list'] as const,
  list: (filters: Filters) => ['reviews', 'list', filterParams(filters).toString()] as const,
  counts: ['reviews', 'counts'] as const,
  review: (id: string) => ['review', id] as const,
  history: (id: string) => ['review', id, 'history'] as const,
  listings: ['listings'] as const,
  imports: ['imports'] as const,
  findings: ['findings'] as const,
  lexicon: ['lexicon'] as const,
  locations: ['locations'] as const,
};

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/me', { signal })),
  staleTime: 5 * 60_000,
});

export const locationsQuery = queryOptions({
  queryKey: keys.locations,
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/locations', { signal }))).items,
  staleTime: 5 * 60_000,
});

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/people', { signal }))).items,
  staleTime: 5 * 60_000,
});

export function fetchReviewPage(filters: Filters, cursor: string | undefined, signal?: AbortSignal) {
  const query = { ...apiFilters(filters), sort: filters.sort, limit: pageSize, cursor };
  return dataOf(api.GET('/api/v1/reviews', { params: { query }, signal }));
}

/**
 * The list of the inbox. It is not refetched behind the reader's back, because rows would jump: live updates patch
 * the rows that are shown, and new ones wait behind a button.
 */
export const reviewListQuery = (filters: Filters) =>
  infiniteQueryOptions({
    queryKey: keys.list(filters),
    queryFn: ({ pageParam, signal }) => fetchReviewPage(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Infinity,
    gcTime: 10 * 60_000,
  });

export const facetsQuery = (filters: Filters) =>
  queryOptions({
    queryKey: [...keys.counts, filterParams({ ...filters, sort: noFilters.sort }).toString()],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/reviews/facets', { params: { query: apiFilters(filters) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });

/** Counts of all cases that wait for work: one call serves every quick view. */
export const pendingCountsQuery = facetsQuery({ ...noFilters, status: pendingStatuses });

export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: keys.review(id),
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET('/api/v1/reviews/{id}', { params: { path: { id } }, signal });
      const review = await dataOf(Promise.resolve({ data }));
      return { review, etag: response.headers.get('etag') };
    },
    staleTime: 10_000,
  });

export const historyQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.history(id),
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET('/api/v1/reviews/{id}/events', { params: { path: { id }, query: { limit: 200, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });

export const listingsQuery = queryOptions({
  queryKey: keys.listings,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/listings', { signal })),
  refetchInterval: 10_000,
});

/** The organization's own topics and terms. */
export const lexiconQuery = queryOptions({
  queryKey: keys.lexicon,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/lexicon', { signal })),
  staleTime: 60_000,
});

/** Which findings are looked at; empty values do not filter. */
export type FindingFilters = { show: 'open' | 'dismissed' | 'resolved'; location_id?: string; site?: string; field?: FindingField };

/** Differences between what sites show and the locations' own records. */
export const findingsQuery = (filters: FindingFilters) =>
  infiniteQueryOptions({
    queryKey: [...keys.findings, filters],
    queryFn: ({ pageParam, signal }) => {
      const { show, location_id, site, field } = filters;
      const query = {
        open: show !== 'resolved',
        ...(show === 'resolved' ? {} : { dismissed: show === 'dismissed' }),
        location_id: location_id ? [location_id] : undefined,
        site: site ? [site] : undefined,
        field: field ? [field] : undefined,
        limit: 100,
        cursor: pageParam,
      };
      return dataOf(api.GET('/api/v1/listings/findings', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 10_000,
  });

export const importsQuery = infiniteQueryOptions({
  queryKey: keys.imports,
  queryFn: ({ pageParam, signal }) =>
    dataOf(api.GET('/api/v1/imports', { params: { query: { limit: 20, cursor: pageParam } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** The practice's places and people by their ids, for rows that only hold ids. */
export function useOrganization() {
  const locations = useQuery(locationsQuery).data ?? none<Location>();
  const people = useQuery(peopleQuery).data ?? none<Person>();
  return {
    locations,
    people,
    locationOf: (id: string) => locations.find((location) => location.id === id),
    personOf: (id: string | null | undefined) => (id ? people.find((person) => person.id === id) : undefined),
  };
}

/** All topics of the organization, the eight first, and what people call them. */
export function useTopics() {
  const own = useQuery(lexiconQuery).data?.topics ?? none<OwnTopic>();
  return {
    own,
    all: [...topics, ...own.map((topic) => topic.key)] as TopicKey[],
    nameOf: (key: TopicKey): string => {
      if (Object.hasOwn(topicWords, key)) return topicWords[key as keyof typeof topicWords];
      return own.find((topic) => topic.key === key)?.name ?? humanise(key.replace(/^own\./, ''));
    },
  };
}

const empty: never[] = [];
const none = <T>(): T[] => empty;

/** Who is signed in. Only used below the frame, which shows nothing before it is known. */
export function useMe() {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('nobody is signed in');
  return data;
}
