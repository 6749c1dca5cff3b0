import { Group, Loader, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { reviewQuery, useOrganization } from '../api/queries';
import type { CaseStatus, ReviewDetail } from '../api/types';
import { Failure } from '../app/Failure';
import { StatusChip } from '../words/Chips';
import type { StatusDetails } from './commands';
import classes from './pickers.module.css';
import { aboutOf, StatusForm, wantsDetails } from './StatusForm';

type Props = { reviewId: string | undefined; onClose: () => void; onPick: (status: CaseStatus, details?: StatusDetails) => void };

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
  const { locationOf } = useOrganization();
  if (query.isError) return <Failure error={query.error} title="The statuses could not be loaded" retry={() => void query.refetch()} />;
  if (!query.data) return <Loader size="sm" aria-label="Loading" />;
  const { review } = query.data;
  const about = aboutOf(review);
  if (asking) {
    const timeZone = locationOf(review.location_id)?.time_zone ?? 'UTC';
    return <StatusForm status={asking} about={about} timeZone={timeZone} onCancel={() => setAsking(null)} onSubmit={(details) => onPick(asking, details)} />;
  }
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
          onClick={() => (wantsDetails(status, about) ? setAsking(status) : onPick(status))}
        >
          <StatusChip status={status} />
        </button>
      ))}
    </Stack>
  );
}

/** Statuses to offer: what the server allows, without the one the case is in and the one that asking for approval gives. */
export function nextStatuses(review: ReviewDetail): CaseStatus[] {
  return review.allowed_statuses.filter((status) => status !== review.case.status && status !== 'waiting_approval');
}
