import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../api/client';

/** How long typing must rest before the text is looked at, in milliseconds. */
const rest = 350;

/** What the check says of a reply while it is written; `current` is true where that is of these very words. */
export function useReplyCheck(reviewId: string, written: string) {
  const [text] = useDebouncedValue(written, rest);
  const check = useQuery({
    queryKey: ['reply-check', reviewId, text],
    queryFn: ({ signal }) =>
      dataOf(api.POST('/api/v1/reviews/{id}/reply/check', { params: { path: { id: reviewId } }, body: { reply: text }, signal })),
    enabled: text.trim() !== '',
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: 1,
  });
  const report = text.trim() ? check.data : undefined;
  const current = report !== undefined && text === written && !check.isPlaceholderData;
  return { report, current, error: check.isError ? check.error : undefined, retry: () => void check.refetch() };
}
