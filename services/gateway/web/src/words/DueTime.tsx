import { Tooltip } from '@mantine/core';
import { IconAlarm, IconClock } from '@tabler/icons-react';
import type { CaseStatus } from '../api/types';
import { useNow } from '../time/clock';
import { absoluteTime, dueTime, shortTime } from '../time/format';
import classes from './due.module.css';
import { pendingStatuses } from './words';

/** When the answer is due: how long is left, and the hour in the location's own zone. Nothing when nothing is due. */
export function DueTime({ due, status, timeZone }: { due: string | null; status: CaseStatus; timeZone: string }) {
  const now = useNow();
  const { state, text } = dueTime(due, pendingStatuses.includes(status), now);
  if (state === 'none' || !due) return null;
  const Icon = state === 'overdue' ? IconAlarm : IconClock;
  return (
    <Tooltip label={absoluteTime(due, timeZone)}>
      <span className={classes.due} data-state={state}>
        <Icon size={14} stroke={2} aria-hidden />
        <span className={classes.left}>{text}</span>
        <time dateTime={due} className={classes.at}>
          {shortTime(due, timeZone, now)}
        </time>
      </span>
    </Tooltip>
  );
}
