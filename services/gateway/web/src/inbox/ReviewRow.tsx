import { Checkbox, VisuallyHidden } from '@mantine/core';
import { IconBellZ, IconHistory, IconMapPin, IconMessageReply } from '@tabler/icons-react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { Location, Person, Review } from '../api/types';
import { Foreign, ForeignParts } from '../text/Foreign';
import { snippet } from '../text/search';
import { useNow } from '../time/clock';
import { shortTime } from '../time/format';
import { RelativeTime } from '../time/Time';
import { Rating, StatusChip, TopicChip, UrgentChip } from '../words/Chips';
import { DueTime } from '../words/DueTime';
import { Owner } from '../words/Owner';
import { siteName } from '../words/words';
import classes from './ReviewRow.module.css';

export type RowActions = {
  onSelect: (id: string) => void;
  onOpen: (id: string) => void;
  onPick: (id: string, what: 'owner' | 'status') => void;
  /** Chooses the review for an action on many, or lets go of it; `range` takes all between. */
  onChoose: (id: string, range: boolean) => void;
};

type Props = RowActions & {
  review: Review;
  query: string;
  selected: boolean;
  chosen: boolean;
  mayAct: boolean;
  location: Location | undefined;
  owner: Person | undefined;
  isMine: boolean;
};

/** One review of the inbox. The whole row opens it; owner and status can be changed where they stand. */
export const ReviewRow = memo(function ReviewRow({ review, query, selected, chosen, mayAct, location, owner, isMine, onSelect, onOpen, onPick, onChoose }: Props) {
  const timeZone = location?.time_zone ?? 'UTC';
  const { status, owner_id: ownerId, due_at: due } = review.case;
  const reply = replyWords(review);
  const now = useNow();
  const asleep = Date.parse(review.case.snoozed_until ?? '') > now;
  return (
    <article className={classes.row} data-selected={selected || undefined} data-new={status === 'new' || undefined} data-choosable={mayAct || undefined} onFocus={() => onSelect(review.id)}>
      {mayAct && (
        <label className={classes.choose}>
          <Checkbox
            size="xs"
            checked={chosen}
            onChange={(event) => {
              const click = event.nativeEvent as MouseEvent;
              onChoose(review.id, click.shiftKey);
              // A click leaves the keys of the list at work; whoever came by Tab stays in the box.
              if (click.detail > 0) event.currentTarget.closest('article')?.querySelector<HTMLElement>('a[data-review]')?.focus({ preventScroll: true });
            }}
          />
          <VisuallyHidden>Choose the review by {review.author || 'Anonymous'}</VisuallyHidden>
        </label>
      )}
      <div className={classes.what}>
        <div className={classes.head}>
          <Rating rating={review.rating} raw={review.raw_rating} />
          <Link to={`/reviews/${encodeURIComponent(review.id)}`} className={classes.open} data-review={review.id} onClick={() => onOpen(review.id)}>
            <Foreign text={review.author || 'Anonymous'} query={query} />
          </Link>
          <span className={classes.where}>
            <Foreign text={siteName(review.site)} />
            <IconMapPin size={13} stroke={1.8} aria-hidden />
            <Foreign text={location?.name ?? 'Unknown location'} />
          </span>
          <span className={classes.posted}>
            <RelativeTime at={review.posted_at} timeZone={timeZone} />
          </span>
        </div>
        {review.text ? (
          <p className={classes.text} dir="auto" lang={review.language}>
            <ForeignParts text={snippet(review.text, query)} query={query} />
          </p>
        ) : (
          <p className={classes.none}>No text, only a rating.</p>
        )}
        <div className={classes.tags}>
          <UrgentChip flags={review.urgent} />
          {review.tags.map((tag) => (
            <TopicChip key={tag.topic} tag={tag} />
          ))}
          {reply && (
            <span className={classes.fact}>
              <IconMessageReply size={13} aria-hidden /> {reply}
            </span>
          )}
          {asleep && (
            <span className={classes.fact}>
              <IconBellZ size={13} aria-hidden /> Snoozed until {shortTime(review.case.snoozed_until, timeZone, now)}
            </span>
          )}
          {review.removed && <span className={classes.fact}>No longer on its site</span>}
          {review.version > 1 && (
            <span className={classes.fact}>
              <IconHistory size={13} aria-hidden /> Edited
            </span>
          )}
        </div>
      </div>
      <div className={classes.case}>
        <button type="button" className={classes.pick} disabled={!mayAct} onClick={() => onPick(review.id, 'owner')} aria-label={`Owner: ${ownerId ? (isMine ? 'me' : (owner?.name ?? 'former colleague')) : 'nobody'}. Change`}>
          <Owner person={owner} ownerId={ownerId} isMe={isMine} />
        </button>
        <button type="button" className={classes.pick} disabled={!mayAct} onClick={() => onPick(review.id, 'status')} aria-label={`Status: ${status.replaceAll('_', ' ')}. Change`}>
          <StatusChip status={status} />
        </button>
        <DueTime due={due} status={status} timeZone={timeZone} />
      </div>
    </article>
  );
});


/** What stands out about a row's reply; nothing where its status says it all. */
function replyWords({ case: { draft_state: draft, publication_state: publication } }: Review): string | undefined {
  switch (publication) {
    case 'failed':
      return 'Reply could not be sent';
    case 'rejected':
      return 'Reply refused by the site';
    case 'by_hand':
      return 'Reply to be pasted';
    case 'scheduled':
    case 'sending':
      return 'Reply on its way';
    case 'pending':
      return 'Site looks at the reply';
    case 'changed_on_site':
      return 'Reply changed on the site';
    case 'gone_from_site':
      return 'Reply gone from the site';
  }
  switch (draft) {
    case 'returned':
      return 'Reply returned';
    case 'approved':
      return 'Reply approved';
    case 'editing':
      return 'Draft';
  }
  return undefined;
}
