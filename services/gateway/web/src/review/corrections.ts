import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import type { Polarity, ReviewDetail, TagInput, TagsChange, TopicKey, UrgentFlag } from '../api/types';
import { useToast } from '../app/toast';
import { patchReview } from './cache';
import { settle, type Answer } from './commands';

/** What a person sees right of a review. What is left out stays as it is. */
export type Correction = { tags?: TagInput[]; overall?: Polarity; urgent?: UrgentFlag[] };

const inputs = (review: ReviewDetail): TagInput[] => review.tags.map(({ topic, polarity }) => ({ topic, polarity }));

/** The tags with one topic set to a polarity, or without it. */
export function withTopic(review: ReviewDetail, topic: TopicKey, polarity: Polarity | 'absent'): TagInput[] {
  const rest = inputs(review).filter((tag) => tag.topic !== topic);
  return polarity === 'absent' ? rest : [...rest, { topic, polarity }];
}

/** The urgent flags with one turned over. */
export function withFlag(review: ReviewDetail, flag: UrgentFlag): UrgentFlag[] {
  return review.urgent.includes(flag) ? review.urgent.filter((f) => f !== flag) : [...review.urgent, flag];
}

/** What has to be said of a review now so that it reads as it did before. */
export function backTo(before: ReviewDetail, now: ReviewDetail): TagsChange {
  return { rev: now.rev, tags: inputs(before), overall: before.overall, urgent: before.urgent };
}

const put = (id: string, body: TagsChange) => api.PUT('/api/v1/reviews/{id}/tags', { params: { path: { id } }, body });

const withdraw = (id: string, etag: string | null | undefined) =>
  api.DELETE('/api/v1/reviews/{id}/tags', { params: { path: { id }, header: etag ? { 'If-Match': etag } : {} } });

/** Corrects the tags of a review and takes corrections back. Each shows at once, and can be undone. */
export function useCorrections(review: ReviewDetail, etag: string | null) {
  const client = useQueryClient();
  const toast = useToast();

  const run = useCallback(
    async (optimistic: Partial<ReviewDetail>, send: () => Promise<Answer>, said: string) => {
      await client.cancelQueries({ queryKey: keys.review(review.id), exact: true });
      patchReview(client, review.id, (shown) => ({ ...shown, ...optimistic }));
      try {
        const fresh = settle(client, await send());
        if (!fresh) return;
        toast.done(said, async () => {
          try {
            const answer = await (review.correction ? put(review.id, backTo(review, fresh.review)) : withdraw(review.id, fresh.etag));
            settle(client, answer);
            toast.done('Undone.');
          } catch (error) {
            toast.failed('It could not be undone', asProblem(error));
            reload(client, review.id);
          }
        });
      } catch (error) {
        patchReview(client, review.id, (shown) => ({ ...shown, tags: review.tags, overall: review.overall, urgent: review.urgent }));
        const problem = asProblem(error);
        toast.failed(problem.status === 409 ? 'This review has changed meanwhile' : 'Nothing was changed', problem);
        reload(client, review.id);
      }
    },
    [client, review, toast],
  );

  const correct = useCallback(
    (change: Correction, said: string) => {
      const tags = change.tags ?? inputs(review);
      const shown = tags.map((tag) => {
        const known = review.tags.find((old) => old.topic === tag.topic);
        return known?.polarity === tag.polarity ? known : { ...tag, evidence: [] };
      });
      return run(
        { tags: shown, overall: change.overall ?? review.overall, urgent: change.urgent ?? review.urgent },
        () => put(review.id, { rev: review.rev, tags, overall: change.overall, urgent: change.urgent }),
        said,
      );
    },
    [review, run],
  );

  const takeBack = useCallback(
    () => run(review.machine ?? {}, () => withdraw(review.id, etag), 'Bedside’s own tags count again.'),
    [etag, review, run],
  );

  return { correct, takeBack };
}

function reload(client: QueryClient, id: string): void {
  void client.invalidateQueries({ queryKey: keys.review(id) });
  void client.invalidateQueries({ queryKey: keys.counts });
}
