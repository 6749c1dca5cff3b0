import { Tooltip } from '@mantine/core';
import { IconAlarm, IconCheck, IconClock, IconHourglassEmpty, IconPlayerPause } from '@tabler/icons-react';
import type { ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { shortTime } from '../time/format';
import { humanise } from '../words/words';
import classes from './Case.module.css';
import { clockNames, clockWords, type ClockWords } from './clockWords';
import type { Priority } from './model';

const priorityWords: Record<Priority, string> = { low: 'Low priority', normal: 'Normal priority', high: 'High priority', urgent: 'Urgent priority' };

export function PriorityChip({ priority }: { priority: Priority | undefined }) {
  if (!priority) return null;
  return (
    <span className={classes.priority} data-priority={priority}>
      {priorityWords[priority] ?? humanise(priority)}
    </span>
  );
}

const icons: Record<ClockWords['state'], typeof IconClock> = { later: IconClock, soon: IconHourglassEmpty, missed: IconAlarm, paused: IconPlayerPause, met: IconCheck, late: IconCheck };

/** The targets of the case: what is due when, and what became of those before. */
export function CaseClocks({ review, timeZone }: { review: ReviewDetail; timeZone: string }) {
  const now = useNow();
  return (
    <dl className={classes.clocks} aria-label="Targets">
      {clockNames.map((name) => {
        const clock = review.case[name];
        if (!clock) return null;
        const words = clockWords(name, clock, now, timeZone);
        const Icon = icons[words.state];
        return (
          <div key={name} className={classes.clock} data-state={words.state}>
            <dt>{words.name}</dt>
            <dd>
              <Icon size={15} aria-hidden />
              <span>{words.text}</span>
              {words.at && clock.due_at && (words.state === 'later' || words.state === 'soon' || words.state === 'missed') && (
                <Tooltip label={words.at} withinPortal={false}>
                  <time dateTime={clock.due_at}>{shortTime(clock.due_at, timeZone, now)}</time>
                </Tooltip>
              )}
            </dd>
          </div>
        );
      })}
      {review.case.sla && (
        <div className={classes.clock}>
          <dt>Policy</dt>
          <dd>
            <Foreign text={review.case.sla} />
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Why a case is where it is: the nodes of the routing tree that decided, from the root down. */
export function Route({ review }: { review: ReviewDetail }) {
  if (!review.route?.length) return null;
  return (
    <details className={classes.route}>
      <summary>Why is it here?</summary>
      <p>The routing plan sent it this way:</p>
      <ol>
        {review.route.map((node, i) => (
          <li key={i}>
            <Foreign text={node} />
          </li>
        ))}
      </ol>
      {review.case.approval_required && <p>A reply needs the approval of another person.</p>}
    </details>
  );
}
