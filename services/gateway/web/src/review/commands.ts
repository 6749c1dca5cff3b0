import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, useOrganization } from '../api/queries';
import type { CaseStatus, Note, Review, ReviewDetail } from '../api/types';
import { useToast } from '../app/toast';
import { statusWords } from '../words/words';
import { cachedReview, patchReview, storeReview, type CachedDetail } from './cache';

type Target = { id: string; etag?: string | null };

/** The header that makes the server refuse a change of something the reader has not seen. */
const ifMatch = (etag: string | null | undefined) => (etag ? { 'If-Match': etag } : {});

function putOwner({ id, etag }: Target, owner_id: string) {
  return api.PUT('/api/v1/reviews/{id}/owner', { params: { path: { id }, header: ifMatch(etag) }, body: { owner_id } });
}

/** What goes with a change of status: why, what was behind it, and until when. */
export type StatusDetails = { reason?: string; root_cause?: string; until?: string };

function putStatus({ id, etag }: Target, status: CaseStatus, details: StatusDetails = {}) {
  return api.PUT('/api/v1/reviews/{id}/status', { params: { path: { id }, header: ifMatch(etag) }, body: { status, ...details } });
}

export type Answer = { data?: ReviewDetail; response: Response };

/** Takes the server's answer to a command into everything that is shown. */
export function settle(client: QueryClient, answer: Answer): CachedDetail | null {
  if (!answer.data) return null;
  const fresh = { review: answer.data, etag: answer.response.headers.get('etag') };
  storeReview(client, fresh.review);
  client.setQueryData<CachedDetail>(keys.review(fresh.review.id), (shown) =>
    shown && shown.review.rev > fresh.review.rev ? shown : fresh,
  );
  void client.invalidateQueries({ queryKey: keys.history(fresh.review.id) });
  void client.invalidateQueries({ queryKey: keys.counts });
  return fresh;
}

/** Statuses that cannot be gone back to by one press: they want to know more, or come about otherwise. */
const asks = new Set<CaseStatus>(['no_reply_needed', 'on_hold', 'waiting_approval']);

/**
 * Assign and change status. Both show their effect at once, take it back if the server refuses, and offer to undo
 * where the way back is allowed: a case never becomes new again, and never loses its owner.
 */
export function useCaseCommands() {
  const client = useQueryClient();
  const toast = useToast();
  const { personOf } = useOrganization();

  const run = useCallback(
    async (
      target: Target,
      optimistic: Partial<Review['case']>,
      send: (target: Target) => Promise<Answer>,
      said: (fresh: ReviewDetail) => { message: string; undo?: (target: Target) => Promise<Answer> },
    ) => {
      const before = cachedReview(client, target.id);
      await client.cancelQueries({ queryKey: keys.review(target.id), exact: true });
      patchReview(client, target.id, (review) => ({ ...review, case: { ...review.case, ...optimistic } }));
      try {
        const fresh = settle(client, await send(target));
        if (!fresh) return;
        const { message, undo } = said(fresh.review);
        toast.done(message, undo && (async () => {
          try {
            settle(client, await undo({ id: target.id, etag: fresh.etag }));
            toast.done('Undone.');
          } catch (error) {
            toast.failed('It could not be undone', asProblem(error));
            void client.invalidateQueries({ queryKey: keys.review(target.id) });
          }
        }));
      } catch (error) {
        if (before) patchReview(client, target.id, (review) => ({ ...review, case: before.case }));
        const problem = asProblem(error);
        toast.failed(problem.status === 409 ? 'This review has changed meanwhile' : 'Nothing was changed', problem);
        if (problem.status === 409) {
          void client.invalidateQueries({ queryKey: keys.review(target.id) });
          void client.invalidateQueries({ queryKey: keys.counts });
        } else if (problem.status === 401) void client.invalidateQueries({ queryKey: keys.me });
      }
    },
    [client, toast],
  );

  const assign = useCallback(
    (target: Target, ownerId: string) => {
      const previous = cachedReview(client, target.id)?.case.owner_id;
      if (previous === ownerId) return Promise.resolve();
      return run(target, { owner_id: ownerId }, (t) => putOwner(t, ownerId), () => ({
        message: `Assigned to ${personOf(ownerId)?.name ?? 'a colleague'}.`,
        undo: previous ? (t) => putOwner(t, previous) : undefined,
      }));
    },
    [client, personOf, run],
  );

  const changeStatus = useCallback(
    (target: Target, status: CaseStatus, details?: StatusDetails) => {
      const previous = cachedReview(client, target.id)?.case.status;
      if (previous === status) return Promise.resolve();
      return run(target, { status }, (t) => putStatus(t, status, details), (fresh) => ({
        message: `Status is now ${statusWords[status]}.`,
        undo:
          previous && !asks.has(previous) && fresh.allowed_statuses.includes(previous)
            ? (t) => putStatus(t, previous)
            : undefined,
      }));
    },
    [client, run],
  );

  return { assign, changeStatus };
}

/** Adds a note. The key makes a repeated try add no second note; the draft is kept until the server has it. */
export function useAddNote(id: string, me: { id: string; name: string }) {
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: ({ text, key }: { text: string; key: string }) =>
      api.POST('/api/v1/reviews/{id}/notes', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body: { text } }),
    onMutate: ({ text, key }) => {
      const note: Note = { id: `pending-${key}`, at: new Date().toISOString(), by: { kind: 'person', id: me.id, name: me.name }, text };
      client.setQueryData<CachedDetail>(keys.review(id), (cached) =>
        cached && { ...cached, review: { ...cached.review, notes: [...cached.review.notes, note] } },
      );
      return note;
    },
    onSuccess: (answer) => {
      settle(client, answer);
      toast.done('Note added.');
    },
    onError: (error, _input, note) => {
      client.setQueryData<CachedDetail>(keys.review(id), (cached) =>
        cached && { ...cached, review: { ...cached.review, notes: cached.review.notes.filter((n) => n.id !== note?.id) } },
      );
      toast.failed('The note was not added', asProblem(error));
    },
  });
}

/** The review again from the server, put wherever it is shown. */
export async function refreshReview(client: QueryClient, id: string): Promise<ReviewDetail> {
  const review = await dataOf(api.GET('/api/v1/reviews/{id}', { params: { path: { id } } }));
  storeReview(client, review);
  return review;
}
