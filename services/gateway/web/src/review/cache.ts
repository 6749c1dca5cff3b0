import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries';
import type { Review, ReviewDetail, ReviewPage } from '../api/types';

export type CachedDetail = { review: ReviewDetail; etag: string | null };

/** Changes a review wherever it is shown: in every list that holds it and on its own page. */
export function patchReview(client: QueryClient, id: string, change: <T extends Review>(review: T) => T): void {
  client.setQueriesData<InfiniteData<ReviewPage>>({ queryKey: keys.lists }, (list) => {
    if (!list?.pages.some((page) => page.items.some((review) => review.id === id))) return list;
    return {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        items: page.items.map((review) => (review.id === id ? change(review) : review)),
      })),
    };
  });
  client.setQueryData<CachedDetail>(keys.review(id), (cached) => cached && { ...cached, review: change(cached.review) });
}

/** Puts what the server says of a review everywhere, unless something newer is shown already. */
export function storeReview(client: QueryClient, fresh: Review | ReviewDetail): void {
  patchReview(client, fresh.id, (shown) => (shown.rev > fresh.rev ? shown : { ...shown, ...fresh }));
}

/** The review as it is shown now, from its page or from any list. */
export function cachedReview(client: QueryClient, id: string): Review | undefined {
  const detail = client.getQueryData<CachedDetail>(keys.review(id));
  if (detail) return detail.review;
  for (const [, list] of client.getQueriesData<InfiniteData<ReviewPage>>({ queryKey: keys.lists })) {
    const found = list?.pages.flatMap((page) => page.items).find((review) => review.id === id);
    if (found) return found;
  }
  return undefined;
}
