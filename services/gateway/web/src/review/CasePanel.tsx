import { Button, Modal, Select } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import { useState, type RefObject } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { CaseStatus, ReviewDetail } from '../api/types';
import { DueTime } from '../words/DueTime';
import { statusWords } from '../words/words';
import { useCaseCommands } from './commands';
import { candidates } from './OwnerPicker';
import { needsReason, nextStatuses, ReasonForm } from './StatusPicker';
import classes from './ReviewPage.module.css';

type Props = {
  review: ReviewDetail;
  etag: string | null;
  timeZone: string;
  ownerField: RefObject<HTMLInputElement | null>;
  statusField: RefObject<HTMLInputElement | null>;
};

/** Who takes care of a review, where that stands and until when. */
export function CasePanel({ review, etag, timeZone, ownerField, statusField }: Props) {
  const { people } = useOrganization();
  const { person } = useMe();
  const { assign, changeStatus } = useCaseCommands();
  const [asking, setAsking] = useState<CaseStatus | null>(null);
  const mayAct = person.role !== 'viewer';
  const target = { id: review.id, etag };
  const { owner_id: owner, status, due_at: due } = review.case;

  const choices = candidates(people, review, person.id).map((p) => ({
    value: p.id,
    label: `${p.name}${p.id === person.id ? ' (me)' : ''}${p.away ? ' – away' : ''}`,
  }));
  if (owner && !choices.some((choice) => choice.value === owner)) {
    choices.push({ value: owner, label: people.find((p) => p.id === owner)?.name ?? 'Former colleague' });
  }
  const statuses = [status, ...nextStatuses(review)].map((value) => ({ value, label: statusWords[value] }));
  const choose = (next: CaseStatus) => (needsReason(next) ? setAsking(next) : void changeStatus(target, next));

  return (
    <div className={classes.case}>
      <Select
        ref={ownerField}
        label="Owner"
        placeholder="Unassigned"
        data={choices}
        value={owner}
        searchable
        selectFirstOptionOnChange
        allowDeselect={false}
        disabled={!mayAct}
        nothingFoundMessage="Nobody of that name"
        checkIconPosition="right"
        onChange={(value) => value && void assign(target, value)}
      />
      {mayAct && owner !== person.id && (
        <Button variant="light" size="compact-sm" leftSection={<IconUserCheck size={15} aria-hidden />} onClick={() => void assign(target, person.id)}>
          Assign to me
        </Button>
      )}
      <Select
        ref={statusField}
        label="Status"
        data={statuses}
        value={status}
        allowDeselect={false}
        disabled={!mayAct}
        checkIconPosition="right"
        onChange={(value) => value && value !== status && choose(value as CaseStatus)}
      />
      <DueTime due={due} status={status} timeZone={timeZone} />
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title="Change the status" size="sm">
        {asking && (
          <ReasonForm
            status={asking}
            onCancel={() => setAsking(null)}
            onSubmit={(reason) => {
              void changeStatus(target, asking, reason);
              setAsking(null);
            }}
          />
        )}
      </Modal>
    </div>
  );
}
