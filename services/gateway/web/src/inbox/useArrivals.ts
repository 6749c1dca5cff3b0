import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { asProblem } from '../api/problem';
import { fetchReviewPage } from '../api/queries';
import { useLiveEvents } from '../live/LiveProvider';
import { storeReview } from '../review/cache';
import { refreshReview } from '../review/commands';
import { matchesFilters, type Filters } from './filters';

/** Changes are looked at in batches this far apart. */
const settle = 700;
/** A batch up to this size is looked up review by review; a larger one by the first page of the list. */
const fewChanges = 12;

export type Arrivals = { count: number; more: boolean; clear: () => void };

type Shown = {
  /** The same while the list is mounted. */
  filters: Filters;
  /** The ids of the rows. */
  listed: ReadonlySet<string>;
  /** True when the rows were there before the list was shown. */
  inMemory: boolean;
  me: string;
  /** Called instead of counting while the list has no row: where nothing is shown, nothing can jump. */
  onFirst: () => void;
};

/**
 * Follows the live stream for a list that is shown: rows that changed are brought up to date where they stand, and
 * reviews that arrived and belong to the list are counted, so that the reader decides when rows move.
 */
export function useArrivals({ filters, listed, inMemory, me, onFirst }: Shown): Arrivals {
  const client = useQueryClient();
  const [arrived, setArrived] = useState<ReadonlySet<string>>(noArrivals);
  const [more, setMore] = useState(false);
  const changed = useRef(new Map<string, boolean>());
  const compare = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef({ filters, listed, onFirst });
  useEffect(() => {
    latest.current = { filters, listed, onFirst };
  });

  const clear = useCallback(() => {
    setArrived(noArrivals);
    setMore(false);
  }, []);

  const look = useCallback(async () => {
    timer.current = undefined;
    const batch = [...changed.current];
    changed.current.clear();
    const wholePage = compare.current || batch.length > fewChanges;
    compare.current = false;
    const asked = latest.current.filters;
    const belongs: string[] = [];
    try {
      if (wholePage) {
        const page = await fetchReviewPage(asked, undefined);
        for (const review of page.items) {
          if (latest.current.listed.has(review.id)) storeReview(client, review);
          else belongs.push(review.id);
        }
        if (belongs.length === page.items.length && page.next_cursor) setMore(true);
      } else {
        for (const [id, isNew] of batch) {
          if (!isNew && !latest.current.listed.has(id)) continue;
          const review = await refreshReview(client, id).catch((error: unknown) => {
            if (asProblem(error).status === 404) return undefined;
            throw error;
          });
          if (!review || latest.current.listed.has(id)) continue;
          if (matchesFilters(review, asked, me, Date.now())) belongs.push(id);
        }
      }
    } catch {
      // The server is away: compare with the whole page once the stream is back.
      compare.current = true;
      return;
    }
    if (!belongs.length) return;
    if (latest.current.listed.size === 0) latest.current.onFirst();
    else setArrived((before) => new Set([...before, ...belongs]));
  }, [client, me]);

  const schedule = useCallback(() => {
    timer.current ??= setTimeout(() => void look(), settle);
  }, [look]);

  useLiveEvents((event) => {
    if (event.kind === 'resumed') compare.current = true;
    else {
      const { review_id: id, types } = event.change;
      changed.current.set(id, types.includes('received') || changed.current.get(id) === true);
    }
    schedule();
  });

  // A list that was left and is shown again from memory has missed what happened in between.
  const [fromMemory] = useState(inMemory);
  useEffect(() => {
    if (!fromMemory) return;
    compare.current = true;
    schedule();
  }, [fromMemory, schedule]);

  useEffect(() => () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  }, []);

  const count = [...arrived].filter((id) => !listed.has(id)).length;
  return { count, more, clear };
}

const noArrivals: ReadonlySet<string> = new Set<string>();
