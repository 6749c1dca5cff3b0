import { Button, Loader } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { historyQuery, useOrganization } from '../api/queries';
import { Failure } from '../app/Failure';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import classes from './History.module.css';
import { actorWords, eventWords } from './words';

/** Everything that happened to a review, oldest first, as the server keeps it. */
export function History({ reviewId, timeZone }: { reviewId: string; timeZone: string }) {
  const history = useInfiniteQuery(historyQuery(reviewId));
  const { personOf } = useOrganization();
  if (history.isError && !history.data) return <Failure error={history.error} title="The history could not be loaded" retry={() => void history.refetch()} />;
  if (!history.data) return <Loader size="sm" aria-label="Loading the history" />;
  const events = history.data.pages.flatMap((page) => page.items);
  return (
    <>
      <ol className={classes.events}>
        {events.map((event) => (
          <li key={event.id} className={classes.event} data-type={event.type} data-kind={event.by.kind}>
            <span className={classes.what}>
              <Foreign text={eventWords(event, { personOf, timeZone })} />
            </span>
            {event.reason && (
              <span className={classes.reason}>
                <Foreign text={event.reason} />
              </span>
            )}
            <span className={classes.who}>
              <Foreign text={actorWords(event.by, personOf)} /> · <RelativeTime at={event.at} timeZone={timeZone} />
            </span>
          </li>
        ))}
      </ol>
      {history.hasNextPage && (
        <Button variant="default" size="compact-sm" loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
