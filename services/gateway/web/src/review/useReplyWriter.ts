import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api } from '../api/client';
import type { ReviewDetail } from '../api/types';
import { settle } from './commands';
import { keepReply, keptReply } from './drafts';
import { ReplyWriter } from './replyDraft';

/** The shared draft of a review's reply as this window writes it. */
export function useReplyWriter(review: ReviewDetail) {
  const client = useQueryClient();
  const { id, draft, rev } = review;
  const [writer] = useState(
    () =>
      new ReplyWriter({
        draft, rev,
        kept: keptReply(id),
        keep: (unsaved) => keepReply(id, unsaved),
        save: async (version, text, origin) => {
          const answer = await api.PUT('/api/v1/reviews/{id}/draft', { params: { path: { id } }, body: { version, text, origin: origin || undefined } });
          const fresh = settle(client, answer)?.review;
          return { draft: fresh?.draft, rev: fresh?.rev ?? 0 };
        },
      }),
  );
  useEffect(() => writer.arrived(draft, rev), [writer, draft, rev]);
  useEffect(() => {
    const leave = () => writer.end();
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      writer.end();
    };
  }, [writer]);
  return { writer, writing: useSyncExternalStore(writer.subscribe, writer.current) };
}
