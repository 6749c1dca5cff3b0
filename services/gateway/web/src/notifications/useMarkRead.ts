import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { useToast } from '../app/toast';
import { notificationKeys } from './queries';

/** Marks notifications as read: those named, or all until a time. */
export function useMarkRead() {
  const client = useQueryClient();
  const toast = useToast();
  return useCallback(
    async (which: { ids: string[] } | { until: string }) => {
      try {
        await api.POST('/api/v1/notifications/read', { body: which });
      } catch (error) {
        toast.failed('They are still unread', asProblem(error));
      }
      await client.invalidateQueries({ queryKey: notificationKeys.all });
    },
    [client, toast],
  );
}
