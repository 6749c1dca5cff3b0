import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import { useToast } from '../app/toast';
import type { BulkAct, BulkResult } from '../review/model';
import { count } from '../words/words';

export type BulkFailures = { title: string; failed: BulkResult['failed'] };

/** Does one thing to many reviews, says what became of it, and offers to undo it. */
export function useBulk(onDone: () => void) {
  const client = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState<BulkFailures | null>(null);

  const refresh = useCallback(() => {
    void client.invalidateQueries({ queryKey: keys.lists });
    void client.invalidateQueries({ queryKey: keys.counts });
    void client.invalidateQueries({ queryKey: ['review'] });
  }, [client]);

  const act = useCallback(
    async (body: BulkAct, said: string) => {
      setBusy(true);
      try {
        const result = await dataOf(api.POST('/api/v1/bulk', { body }));
        onDone();
        refresh();
        if (result.done.length) {
          toast.done(`${count(result.done.length, 'review')} ${said}.`, async () => {
            try {
              const undone = await dataOf(api.POST('/api/v1/bulk/{id}/undo', { params: { path: { id: result.id } } }));
              refresh();
              toast.done(`${count(undone.done.length, 'review')} put back.`);
              if (undone.failed.length) setFailures({ title: 'Not all could be put back', failed: undone.failed });
            } catch (error) {
              toast.failed('It could not be undone', asProblem(error));
            }
          });
        }
        if (result.failed.length) setFailures({ title: result.done.length ? 'Not all were changed' : 'Nothing was changed', failed: result.failed });
      } catch (error) {
        toast.failed('Nothing was changed', asProblem(error));
      } finally {
        setBusy(false);
      }
    },
    [onDone, refresh, toast],
  );

  return { act, busy, failures, closeFailures: () => setFailures(null) };
}
