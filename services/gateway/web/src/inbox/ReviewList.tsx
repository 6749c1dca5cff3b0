import { Loader } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type RefObject } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { Review } from '../api/types';
import { Failure } from '../app/Failure';
import classes from './InboxPage.module.css';
import { ReviewRow, type RowActions } from './ReviewRow';

type Props = RowActions & {
  reviews: Review[];
  total: number | undefined;
  query: string;
  selected: string | undefined;
  chosen: ReadonlySet<string>;
  /** Set to move the keyboard's focus to a row; cleared once it is there. */
  focusWanted: RefObject<boolean>;
  initialOffset: number;
  onScrolled: (offset: number) => void;
  hasMore: boolean;
  loadingMore: boolean;
  moreError: unknown;
  loadMore: () => void;
  busy: boolean;
};

/** The rows of the inbox. Only those near the window are in the page, however many have been loaded. */
export function ReviewList(props: Props) {
  const { reviews, total, query, selected, chosen, focusWanted, initialOffset, onScrolled, hasMore, loadingMore, moreError, loadMore, busy } = props;
  const { locationOf, personOf } = useOrganization();
  const { person } = useMe();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: reviews.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (window.innerWidth < 768 ? 206 : 118),
    getItemKey: (index) => reviews[index]?.id ?? index,
    overscan: 6,
    initialOffset,
  });
  const rows = virtualizer.getVirtualItems();
  const lastRow = rows.at(-1)?.index ?? -1;

  useEffect(() => {
    if (hasMore && !loadingMore && !moreError && lastRow >= reviews.length - 10) loadMore();
  }, [hasMore, loadingMore, moreError, lastRow, reviews.length, loadMore]);

  useEffect(() => {
    if (!focusWanted.current || !selected) return;
    const index = reviews.findIndex((review) => review.id === selected);
    if (index < 0) return;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    // The row may only come into the page after the scroll has been painted.
    let tries = 12;
    let frame = requestAnimationFrame(function seek() {
      const link = scroller.current?.querySelector<HTMLElement>(`[data-review="${CSS.escape(selected)}"]`);
      if (link) {
        focusWanted.current = false;
        link.focus({ preventScroll: true });
        link.closest('[data-index]')?.scrollIntoView({ block: 'nearest' });
      } else if (tries-- > 0) frame = requestAnimationFrame(seek);
    });
    return () => cancelAnimationFrame(frame);
  }, [selected, reviews, virtualizer, focusWanted]);

  return (
    <div ref={scroller} className={classes.scroller} onScroll={(event) => onScrolled(event.currentTarget.scrollTop)} aria-busy={busy || undefined}>
      <div role="list" aria-label="Reviews" className={classes.rows} style={{ height: virtualizer.getTotalSize() }}>
        {rows.map((row) => {
          const review = reviews[row.index];
          if (!review) return null;
          return (
            <div
              key={row.key}
              role="listitem"
              aria-posinset={row.index + 1}
              aria-setsize={total ?? (hasMore ? -1 : reviews.length)}
              data-index={row.index}
              ref={virtualizer.measureElement}
              className={classes.slot}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <ReviewRow
                review={review}
                query={query}
                selected={review.id === selected}
                chosen={chosen.has(review.id)}
                mayAct={person.role !== 'viewer'}
                location={locationOf(review.location_id)}
                owner={personOf(review.case.owner_id)}
                isMine={review.case.owner_id === person.id}
                onSelect={props.onSelect}
                onOpen={props.onOpen}
                onPick={props.onPick}
                onChoose={props.onChoose}
              />
            </div>
          );
        })}
      </div>
      <div className={classes.end}>
        {loadingMore && <Loader size="sm" aria-label="Loading more reviews" />}
        {moreError !== null && moreError !== undefined && <Failure error={moreError} title="More reviews could not be loaded" retry={loadMore} />}
        {!hasMore && !loadingMore && reviews.length > 8 && 'That is all.'}
      </div>
    </div>
  );
}
