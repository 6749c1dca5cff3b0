import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries';
import type { ReviewPage } from '../api/types';

/** The list a review was opened from, so that its page can lead back to it and on to the next. */
const trails = new WeakMap<QueryClient, string>();

export function rememberTrail(client: QueryClient, list: string): void {
  trails.set(client, list);
}

export type Trail = { inbox: string; previous?: string; next?: string; position?: number; length?: number };

/** Where a review stands in the list it was opened from; only the way to the inbox where it was not. */
export function trailOf(client: QueryClient, id: string): Trail {
  const list = trails.get(client);
  if (list === undefined) return { inbox: '/inbox' };
  const inbox = list ? `/inbox?${list}` : '/inbox';
  const data = client.getQueryData<InfiniteData<ReviewPage>>([...keys.lists, list]);
  const ids = [...new Set(data?.pages.flatMap((page) => page.items.map((review) => review.id)))];
  const at = ids.indexOf(id);
  if (at < 0) return { inbox };
  return { inbox, previous: ids[at - 1], next: ids[at + 1], position: at + 1, length: ids.length };
}
