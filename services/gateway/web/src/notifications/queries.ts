import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '../api/client';
import type { components } from '../api/schema.gen';

export type Notification = components['schemas']['Notification'];
export type NotificationSettings = components['schemas']['NotificationSettings'];
export type Channel = components['schemas']['Channel'];
export type ChannelInput = components['schemas']['ChannelInput'];
export type Kind = Notification['kind'];

export const notificationKeys = {
  all: ['notifications'] as const,
  settings: ['notification-settings'] as const,
  channels: ['channels'] as const,
};

/** The newest, for the bell, with how many are unread. They follow the live stream; the interval is for what it missed. */
export const latestNotificationsQuery = queryOptions({
  queryKey: [...notificationKeys.all, 'latest'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/notifications', { params: { query: { limit: 12 } }, signal })),
  refetchInterval: 60_000,
});

export const notificationsQuery = (unread: boolean) =>
  infiniteQueryOptions({
    queryKey: [...notificationKeys.all, 'list', unread],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET('/api/v1/notifications', { params: { query: { unread: unread || undefined, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const notificationSettingsQuery = queryOptions({
  queryKey: notificationKeys.settings,
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/me/notifications', { signal })),
  staleTime: 60_000,
});

export const channelsQuery = queryOptions({
  queryKey: notificationKeys.channels,
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/channels', { signal }))).items,
  staleTime: 30_000,
});
