import { Button, Group, Loader, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { reviewQuery } from '../api/queries';
import type { CaseStatus, ReviewDetail } from '../api/types';
import { Failure } from '../app/Failure';
import { StatusChip } from '../words/Chips';
import classes from './pickers.module.css';

type Props = { reviewId: string | undefined; onClose: () => void; onPick: (status: CaseStatus, reason?: string) => void };

/** Asks for the next status of a case: only those it can go to from where it stands. */
export function StatusPicker({ reviewId, onClose, onPick }: Props) {
  return (
    <Modal opened={reviewId !== undefined} onClose={onClose} title="Change the status" size="sm" padding="md">
      {reviewId !== undefined && <Statuses reviewId={reviewId} onPick={onPick} />}
    </Modal>
  );
}

function Statuses({ reviewId, onPick }: { reviewId: string; onPick: Props['onPick'] }) {
  const query = useQuery(reviewQuery(reviewId));
  const [asking, setAsking] = useState<CaseStatus | null>(null);
  if (query.isError) return <Failure error={query.error} title="The statuses could not be loaded" retry={() => void query.refetch()} />;
  if (!query.data) return <Loader size="sm" aria-label="Loading" />;
  const { review } = query.data;
  if (asking) return <ReasonForm status={asking} onCancel={() => setAsking(null)} onSubmit={(reason) => onPick(asking, reason)} />;
  return (
    <Stack gap={2}>
      <Group gap={6} px={12} pb={6}>
        <Text size="sm" c="dimmed">
          Now:
        </Text>
        <StatusChip status={review.case.status} />
      </Group>
      {nextStatuses(review).map((status, i) => (
        <button
          key={status}
          type="button"
          className={classes.choice}
          data-autofocus={i === 0 || undefined}
          onClick={() => (needsReason(status) ? setAsking(status) : onPick(status))}
        >
          <StatusChip status={status} />
        </button>
      ))}
    </Stack>
  );
}

/** Statuses to offer: what the server allows, without the one the case is in. */
export function nextStatuses(review: ReviewDetail): CaseStatus[] {
  return review.allowed_statuses.filter((status) => status !== review.case.status);
}

export const needsReason = (status: CaseStatus) => status === 'no_reply_needed';

/** Asks why a review needs no reply; the reason stays in its history. */
export function ReasonForm({ status, onCancel, onSubmit }: { status: CaseStatus; onCancel: () => void; onSubmit: (reason: string) => void }) {
  const [reason, setReason] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  // The dialog may have been open before the question appeared in it.
  useEffect(() => {
    field.current?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim()) onSubmit(reason.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <StatusChip status={status} />
        <Textarea
          data-autofocus
          ref={field}
          label="Why does it need no reply?"
          description="Kept in the history of the review."
          autosize
          minRows={2}
          maxRows={8}
          maxLength={500}
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" disabled={!reason.trim()}>
            Change status
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
