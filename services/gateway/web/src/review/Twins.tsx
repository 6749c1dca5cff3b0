import { Anchor, Button } from '@mantine/core';
import { Link } from 'react-router';
import type { ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { siteName } from '../words/words';
import classes from './Case.module.css';
import type { useReviewCommands } from './replyCommands';

type Props = { review: ReviewDetail; mayAct: boolean; commands: ReturnType<typeof useReviewCommands> };

/** The same words by the same person on another site: suggested as one case, never made one unasked. */
export function Twins({ review, mayAct, commands }: Props) {
  const into = review.case.merged_into;
  const busy = commands.busy === 'merge' || commands.busy === 'unmerge';
  if (into) {
    return (
      <div className={classes.twin}>
        <span>
          Part of{' '}
          <Anchor component={Link} to={`/reviews/${encodeURIComponent(into)}`} size="sm">
            the same review on another site
          </Anchor>
          .
        </span>
        {mayAct && (
          <Button size="compact-xs" variant="light" loading={busy} onClick={() => void commands.takeApart()}>
            Take apart
          </Button>
        )}
      </div>
    );
  }
  return review.twins?.map((twin) => (
    <div key={twin.id} className={classes.twin}>
      <span>
        The same person wrote the same on{' '}
        <Anchor component={Link} to={`/reviews/${encodeURIComponent(twin.id)}`} size="sm">
          <Foreign text={siteName(twin.site)} />
        </Anchor>
        .
      </span>
      {mayAct && (
        <Button size="compact-xs" variant="light" loading={busy} onClick={() => void commands.merge(twin.id)}>
          Make it one case
        </Button>
      )}
    </div>
  ));
}
