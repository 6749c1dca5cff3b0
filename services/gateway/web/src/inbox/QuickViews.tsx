import { useQuery } from '@tanstack/react-query';
import { IconAlarm, IconAlertOctagon, IconBellZ, IconClock, IconInbox, IconRubberStamp, IconSparkles, IconUser, IconUserQuestion } from '@tabler/icons-react';
import { Link } from 'react-router';
import { pendingCountsQuery, useMe } from '../api/queries';
import type { Filters } from './filters';
import classes from './QuickViews.module.css';
import { currentView, viewPath, views } from './views';

const icons: Record<string, typeof IconInbox> = {
  'All reviews': IconInbox, Mine: IconUser, Unassigned: IconUserQuestion, Urgent: IconAlertOctagon, Overdue: IconAlarm, New: IconSparkles,
  'Waiting for approval': IconRubberStamp, 'Due next': IconClock, Snoozed: IconBellZ,
};

export function QuickViews({ filters, onOpen }: { filters: Filters; onOpen: (path: string) => void }) {
  const me = useMe();
  const pending = useQuery(pendingCountsQuery).data;
  const current = currentView(filters);
  return (
    <nav aria-label="Quick views">
      <ul className={classes.views}>
        {views.map((view) => {
          const Icon = icons[view.name] ?? IconInbox;
          const n = pending && view.count?.(pending, me.person.id);
          return (
            <li key={view.name}>
              <Link
                to={viewPath(view)}
                className={classes.view}
                aria-current={view === current ? 'page' : undefined}
                onClick={() => onOpen(viewPath(view))}
              >
                <Icon size={17} stroke={1.7} aria-hidden />
                <span className={classes.name}>{view.name}</span>
                {n !== undefined && (
                  <span className={classes.count} data-alarm={n > 0 && (view.name === 'Urgent' || view.name === 'Overdue') ? true : undefined}>
                    {n.toLocaleString('en-US')}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
