import { ActionIcon, Anchor, Button, Popover, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconBell } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { Failure } from '../app/Failure';
import { useLiveEvents } from '../live/LiveProvider';
import { NotificationList } from './NotificationList';
import classes from './Notifications.module.css';
import { latestNotificationsQuery, notificationKeys } from './queries';
import { useMarkRead } from './useMarkRead';

/** A notification is made shortly after the change it tells of. */
const after = 1500;

/** What I was told, from every page. */
export function Bell() {
  const latest = useQuery(latestNotificationsQuery);
  const client = useQueryClient();
  const [open, panel] = useDisclosure(false);
  const markRead = useMarkRead();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveEvents(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: notificationKeys.all });
    }, after);
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  const unread = latest.data?.unread ?? 0;
  const items = latest.data?.items ?? [];
  const newest = items[0];
  return (
    <Popover opened={open} onChange={(now) => !now && panel.close()} position="bottom-end" width="min(380px, calc(100vw - 16px))" shadow="md" withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" className={classes.bell} onClick={panel.toggle} aria-label={unread > 0 ? `Notifications, ${unread} unread` : 'Notifications'}>
          <IconBell size={19} stroke={1.7} aria-hidden />
          {unread > 0 && (
            <span className={classes.count} aria-hidden>
              {unread > 99 ? '99+' : unread}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Notifications">
        <div className={classes.panel}>
          <div className={classes.panelHead}>
            <Text fw={650} size="sm">
              Notifications
            </Text>
            {unread > 0 && newest && (
              <Button size="compact-xs" variant="subtle" onClick={() => void markRead({ until: newest.at })}>
                Mark all as read
              </Button>
            )}
          </div>
          {/* A region that scrolls is in the order of the keyboard. */}
          <div className={classes.scroll} tabIndex={-1}>
            {latest.isError && !latest.data && <Failure error={latest.error} title="They could not be loaded" retry={() => void latest.refetch()} />}
            {latest.data && items.length === 0 && (
              <Text size="sm" c="dimmed" p="lg" ta="center">
                Nothing yet. Here you hear of cases that become yours, are due, or need you.
              </Text>
            )}
            <NotificationList
              items={items}
              label="Latest notifications"
              onOpen={(item) => {
                panel.close();
                if (!item.read) void markRead({ ids: [item.id] });
              }}
            />
          </div>
          <div className={classes.panelFoot}>
            <Anchor component={Link} to="/notifications" size="sm" onClick={panel.close}>
              See all
            </Anchor>
            <Anchor component={Link} to="/settings/notifications" size="sm" onClick={panel.close}>
              What I am told
            </Anchor>
          </div>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
