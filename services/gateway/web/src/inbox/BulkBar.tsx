import { Button, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { IconUserCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { reviewQuery, useOrganization } from '../api/queries';
import type { CaseStatus, Review } from '../api/types';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { shortTime } from '../time/format';
import { OwnerPicker } from '../review/OwnerPicker';
import { SnoozeMenu } from '../review/Snooze';
import { StatusForm, wantsDetails } from '../review/StatusForm';
import { StatusChip } from '../words/Chips';
import { statusWords } from '../words/words';
import classes from './BulkBar.module.css';
import { mostChosen } from './selection';
import { useBulk } from './useBulk';

type Props = { chosen: readonly Review[]; shown: number; onAll: () => void; onClear: () => void };

/** What can be done with all chosen reviews together. */
export function BulkBar({ chosen, shown, onAll, onClear }: Props) {
  const { personOf, locationOf } = useOrganization();
  const now = useNow();
  const [picking, picker] = useDisclosure(false);
  const [moving, mover] = useDisclosure(false);
  const { act, busy, failures, closeFailures } = useBulk(onClear);
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const ids = chosen.map((review) => review.id);
  // Many places have many zones: the first one's morning stands for all.
  const timeZone = (chosen[0] && locationOf(chosen[0].location_id)?.time_zone) ?? 'UTC';
  const run = (body: Parameters<typeof act>[0], said: string) => {
    setNames(new Map(chosen.map((review) => [review.id, review.author || 'Anonymous'])));
    void act(body, said);
  };

  return (
    <>
      {chosen.length > 0 && (
        <section className={classes.bar} aria-label="Chosen reviews">
          <Text size="sm" fw={600} role="status">
            {chosen.length.toLocaleString('en-US')} chosen
          </Text>
          <div className={classes.actions}>
            <Button size="compact-sm" variant="default" leftSection={<IconUserCheck size={15} aria-hidden />} disabled={busy} onClick={picker.open}>
              Assign
            </Button>
            <Button size="compact-sm" variant="default" disabled={busy} onClick={mover.open}>
              Status
            </Button>
            <SnoozeMenu
              timeZone={timeZone}
              onSnooze={(at) => {
                const until = new Date(at).toISOString();
                run({ review_ids: ids, action: 'snooze', until }, `snoozed until ${shortTime(until, timeZone, now)}`);
              }}
            />
          </div>
          {chosen.length < Math.min(shown, mostChosen) && (
            <Button size="compact-sm" variant="subtle" onClick={onAll}>
              All {Math.min(shown, mostChosen).toLocaleString('en-US')} shown
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" leftSection={<IconX size={15} aria-hidden />} onClick={onClear}>
            Clear
          </Button>
        </section>
      )}
      <OwnerPicker
        title={chosen.length === 1 ? undefined : 'Who takes care of these reviews?'}
        review={picking ? chosen[0] : undefined}
        onClose={picker.close}
        onPick={(owner) => {
          picker.close();
          run({ review_ids: ids, action: 'set_owner', owner_id: owner }, `assigned to ${personOf(owner)?.name ?? 'a colleague'}`);
        }}
      />
      <Modal opened={moving && chosen.length > 0} onClose={mover.close} title="Change the status of all chosen" size="sm" padding="md">
        <Statuses
          chosen={chosen}
          timeZone={timeZone}
          onPick={(status, details) => {
            mover.close();
            run({ review_ids: ids, action: 'set_status', status, ...details }, `set to ${statusWords[status].toLowerCase()}`);
          }}
        />
      </Modal>
      <Modal opened={failures !== null} onClose={closeFailures} title={failures?.title} size="md">
        <ul className={classes.failures}>
          {failures?.failed.map((failure) => (
            <li key={failure.id}>
              <strong>
                <Foreign text={names.get(failure.id) ?? failure.id} />
              </strong>
              : <Foreign text={failure.detail} />
            </li>
          ))}
        </ul>
      </Modal>
    </>
  );
}

const offered: CaseStatus[] = ['open', 'on_hold', 'replied', 'resolved', 'no_reply_needed'];

type StatusesProps = { chosen: readonly Review[]; timeZone: string; onPick: (status: CaseStatus, details?: { reason?: string; root_cause?: string; until?: string }) => void };

function Statuses({ chosen, timeZone, onPick }: StatusesProps) {
  const [asking, setAsking] = useState<CaseStatus | null>(null);
  // What can be behind a review is the organization's list; any review knows it.
  const critical = chosen.find((review) => review.overall !== 'positive') ?? chosen[0];
  const detail = useQuery({ ...reviewQuery(critical?.id ?? ''), enabled: critical !== undefined });
  const about = { overall: critical?.overall ?? 'positive', rootCauses: detail.data?.review.root_causes ?? [] };
  if (asking) return <StatusForm status={asking} about={about} timeZone={timeZone} onCancel={() => setAsking(null)} onSubmit={(details) => onPick(asking, details)} />;
  return (
    <Stack gap={2}>
      {offered.map((status, i) => (
        <button key={status} type="button" className={classes.choice} data-autofocus={i === 0 || undefined} disabled={detail.isPending} onClick={() => (wantsDetails(status, about) ? setAsking(status) : onPick(status))}>
          <StatusChip status={status} />
        </button>
      ))}
    </Stack>
  );
}
