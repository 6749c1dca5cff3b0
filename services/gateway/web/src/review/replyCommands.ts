import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import { useToast } from '../app/toast';
import { settle, type Answer } from './commands';

/**
 * Runs the commands of one review that show their effect when the server has answered. `busy` names the one that
 * runs; a second one waits until it is over.
 */
export function useReviewCommands(id: string) {
  const client = useQueryClient();
  const toast = useToast();
  const [busy, setBusy] = useState<string | null>(null);

  const run = useCallback(
    async (name: string, send: () => Promise<Answer>, said?: string, undo?: () => Promise<Answer>): Promise<boolean> => {
      setBusy(name);
      try {
        settle(client, await send());
        if (said) {
          toast.done(said, undo && (async () => {
            try {
              settle(client, await undo());
              toast.done('Undone.');
            } catch (error) {
              toast.failed('It could not be undone', asProblem(error));
              void client.invalidateQueries({ queryKey: keys.review(id) });
            }
          }));
        }
        return true;
      } catch (error) {
        toast.failed(asProblem(error).status === 409 ? 'This has changed meanwhile' : 'Nothing was changed', asProblem(error));
        void client.invalidateQueries({ queryKey: keys.review(id) });
        return false;
      } finally {
        setBusy(null);
      }
    },
    [client, id, toast],
  );

  const params = { params: { path: { id } } };
  const draft = {
    save: (version: number, text: string, origin?: string) => api.PUT('/api/v1/reviews/{id}/draft', { ...params, body: { version, text, origin: origin || undefined } }),
    discard: (version: number, text: string) =>
      run('discard', () => api.DELETE('/api/v1/reviews/{id}/draft', { params: { path: { id }, query: { version } } }), 'Draft thrown away.', () =>
        api.PUT('/api/v1/reviews/{id}/draft', { ...params, body: { version: 0, text } }),
      ),
    ask: (version: number) => run('ask', () => api.POST('/api/v1/reviews/{id}/approval', { ...params, body: { version } }), 'Approval asked for.'),
    decide: (version: number, approve: boolean, comment?: string) =>
      run(approve ? 'approve' : 'return', () => api.PUT('/api/v1/reviews/{id}/approval', { ...params, body: { version, approve, comment } }), approve ? 'Reply approved.' : 'Reply returned.'),
    publish: (version: number, override_reason?: string) =>
      run('publish', () => api.POST('/api/v1/reviews/{id}/publication', { ...params, body: { version, override_reason } })),
  };
  const publication = {
    undo: () => run('undo', () => api.DELETE('/api/v1/reviews/{id}/publication', params), 'Reply taken back.'),
    copied: () => run('copied', () => api.POST('/api/v1/reviews/{id}/publication/copied', params), 'Noted. Bedside looks for it on the site.'),
    retry: () => run('retry', () => api.POST('/api/v1/reviews/{id}/publication/retry', params), 'It is being sent again.'),
  };
  const wake = () => api.DELETE('/api/v1/reviews/{id}/snooze', params);
  const unmerge = () => api.DELETE('/api/v1/reviews/{id}/merge', params);
  const snooze = (until: number, said: string) =>
    run('snooze', () => api.PUT('/api/v1/reviews/{id}/snooze', { ...params, body: { until: new Date(until).toISOString() } }), said, wake);
  const showAgain = () => run('wake', wake, 'Shown again.');
  const merge = (into: string) => run('merge', () => api.PUT('/api/v1/reviews/{id}/merge', { ...params, body: { into } }), 'Merged.', unmerge);
  const takeApart = () => run('unmerge', unmerge, 'A case of its own again.');
  const commitment = {
    add: (text: string, due: number, key: string, owner_id?: string) =>
      run('commitment', () =>
        api.POST('/api/v1/reviews/{id}/commitments', {
          params: { path: { id }, header: { 'Idempotency-Key': key } },
          body: { text, due_at: new Date(due).toISOString(), owner_id },
        }), 'Promise noted.'),
    change: (commitment_id: string, body: { state?: 'open' | 'kept' | 'dropped'; reason?: string; due_at?: string; owner_id?: string }, said: string) => {
      const send = (change: typeof body) => api.PATCH('/api/v1/reviews/{id}/commitments/{commitment_id}', { params: { path: { id, commitment_id } }, body: change });
      return run('commitment', () => send(body), said, body.state && body.state !== 'open' ? () => send({ state: 'open' }) : undefined);
    },
  };
  return { busy, draft, publication, snooze, showAgain, merge, takeApart, commitment };
}
