import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useOrganization } from '../api/queries';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import classes from './Notifications.module.css';
import type { Notification } from './queries';

/** Notifications as links to what they tell of; opening one reads it. */
export function NotificationList({ items, label, onOpen }: { items: readonly Notification[]; label: string; onOpen: (notification: Notification) => void }) {
  const { locationOf } = useOrganization();
  return (
    <ul className={classes.list} aria-label={label}>
      {items.map((item) => {
        const location = locationOf(item.location_id ?? '');
        return (
          <li key={item.id}>
            <Link to={item.review_id ? `/reviews/${encodeURIComponent(item.review_id)}` : '/inbox'} className={classes.item} data-unread={!item.read || undefined} onClick={() => onOpen(item)}>
              <span className={classes.title}>
                {item.urgent && <IconAlertTriangle size={15} aria-label="Urgent:" className={classes.urgent} />}
                <Foreign text={item.title} />
              </span>
              <span className={classes.meta}>
                {!item.read && <span className={classes.unread}>Unread</span>}
                {location && <Foreign text={location.name} />}
                <RelativeTime at={item.at} timeZone={location?.time_zone ?? 'UTC'} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
