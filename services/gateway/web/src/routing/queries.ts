import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '../api/client';

export const routingKeys = { plan: ['routing', 'plan'] as const, versions: ['routing', 'versions'] as const };

export const routingQuery = queryOptions({
  queryKey: routingKeys.plan,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/routing', { signal })),
  staleTime: 30_000,
});

export const routingVersionsQuery = infiniteQueryOptions({
  queryKey: routingKeys.versions,
  queryFn: ({ pageParam, signal }) => dataOf(api.GET('/api/v1/routing/versions', { params: { query: { limit: 20, cursor: pageParam } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
