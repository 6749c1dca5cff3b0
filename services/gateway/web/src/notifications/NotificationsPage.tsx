import { Button, Group, SegmentedControl, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconBellOff } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import { NotificationList } from './NotificationList';
import classes from './Notifications.module.css';
import { notificationsQuery } from './queries';
import { useMarkRead } from './useMarkRead';

/** Everything I was told, newest first. */
export function NotificationsPage() {
  const [show, setShow] = useState<'all' | 'unread'>('all');
  const found = useInfiniteQuery(notificationsQuery(show === 'unread'));
  const markRead = useMarkRead();
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const unread = found.data?.pages[0]?.unread ?? 0;
  const newest = items[0];
  return (
    <Page
      title="Notifications"
      action={
        unread > 0 && newest ? (
          <Button variant="default" onClick={() => void markRead({ until: newest.at })}>
            Mark all as read
          </Button>
        ) : (
          <Button component={Link} to="/settings/notifications" variant="default">
            What I am told
          </Button>
        )
      }
    >
      <Group mb="md">
        <SegmentedControl
          size="xs"
          aria-label="Which notifications"
          value={show}
          onChange={(value) => setShow(value as typeof show)}
          data={[
            { value: 'all', label: 'All' },
            { value: 'unread', label: `Unread (${unread.toLocaleString('en-US')})` },
          ]}
        />
      </Group>
      {found.isError && !found.data && <Failure error={found.error} title="The notifications could not be loaded" retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton h={160} radius="lg" role="status" aria-label="Loading the notifications" />}
      {found.data && items.length === 0 && (
        <Empty icon={<IconBellOff size={42} stroke={1.3} />} title={show === 'unread' ? 'Everything is read' : 'Nothing yet'}>
          You hear of cases that become yours, are due soon or overdue, and of replies that need your approval.
        </Empty>
      )}
      {items.length > 0 && (
        <div className={classes.framed}>
          <NotificationList items={items} label="All notifications" onOpen={(item) => !item.read && void markRead({ ids: [item.id] })} />
        </div>
      )}
      {found.hasNextPage && (
        <Group justify="center" mt="lg">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      )}
    </Page>
  );
}
