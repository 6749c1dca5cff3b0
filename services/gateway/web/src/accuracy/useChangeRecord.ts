import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import type { Location, LocationPatch } from '../api/types';
import { useToast } from '../app/toast';
import { putBack } from './takeTheirs';

/** Changes a location's own record, and offers the way back. Answers whether it was changed. */
export function useChangeRecord() {
  const client = useQueryClient();
  const toast = useToast();
  return useCallback(
    async (before: Location, patch: Omit<LocationPatch, 'rev'>, said: string): Promise<boolean> => {
      const put = (rev: number, change: Omit<LocationPatch, 'rev'>) =>
        dataOf(api.PATCH('/api/v1/locations/{id}', { params: { path: { id: before.id } }, body: { ...change, rev } }));
      const settle = () => Promise.all([client.invalidateQueries({ queryKey: keys.locations }), client.invalidateQueries({ queryKey: keys.findings })]);
      try {
        const fresh = await put(before.rev, patch);
        toast.done(said, async () => {
          try {
            await put(fresh.rev, putBack(patch, before));
            toast.done('Undone.');
          } catch (error) {
            toast.failed('It could not be undone', asProblem(error));
          }
          await settle();
        });
        await settle();
        return true;
      } catch (error) {
        const problem = asProblem(error);
        toast.failed(problem.status === 409 ? 'Somebody changed the record meanwhile' : 'Nothing was changed', problem);
        await settle();
        return false;
      }
    },
    [client, toast],
  );
}
