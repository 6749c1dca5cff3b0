import { Button, Modal, Select, Text } from '@mantine/core';
import { IconUserCheck } from '@tabler/icons-react';
import { useState, type RefObject } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { CaseStatus, ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { absoluteTime } from '../time/format';
import { DueTime } from '../words/DueTime';
import { CaseClocks, PriorityChip, Route } from './CaseFacts';
import { Commitments } from './Commitments';
import { useReviewCommands } from './replyCommands';
import { allowedActs } from './ReplySection';
import { Snooze } from './Snooze';
import { Twins } from './Twins';
import { statusWords } from '../words/words';
import { useCaseCommands } from './commands';
import { candidates } from './OwnerPicker';
import { aboutOf, StatusForm, wantsDetails } from './StatusForm';
import { nextStatuses } from './StatusPicker';
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
  const commands = useReviewCommands(review.id);
  const mayAct = allowedActs(review, person.role).has('work');
  const target = { id: review.id, etag };
  const { owner_id: owner, status, due_at: due, hold_reason: held, held_until: heldUntil, closed_reason: closed, root_cause: cause } = review.case;
  const hasClocks = Boolean(review.case.first_reply ?? review.case.next_step ?? review.case.resolution);

  const choices = candidates(people, review, person.id).map((p) => ({
    value: p.id,
    label: `${p.name}${p.id === person.id ? ' (me)' : ''}${p.away ? ' – away' : ''}`,
  }));
  if (owner && !choices.some((choice) => choice.value === owner)) {
    choices.push({ value: owner, label: people.find((p) => p.id === owner)?.name ?? 'Former colleague' });
  }
  const statuses = [status, ...nextStatuses(review)].map((value) => ({ value, label: statusWords[value] }));
  const choose = (next: CaseStatus) => (wantsDetails(next, aboutOf(review)) ? setAsking(next) : void changeStatus(target, next));

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
      {status === 'on_hold' && (
        <Text size="sm">
          Waits for: <Foreign text={held || 'no reason given'} />
          {heldUntil ? `. Opens again ${absoluteTime(heldUntil, timeZone)}.` : '. Until somebody opens it.'}
        </Text>
      )}
      {closed && (
        <Text size="sm">
          Closed: <Foreign text={closed} />
        </Text>
      )}
      {cause && (
        <Text size="sm">
          Root cause: <Foreign text={cause} />
        </Text>
      )}
      <PriorityChip priority={review.case.priority} />
      {review.case.queued && <Text size="sm">Everybody has enough for now: it gets an owner as soon as somebody has room.</Text>}
      {hasClocks ? <CaseClocks review={review} timeZone={timeZone} /> : <DueTime due={due} status={status} timeZone={timeZone} />}
      <Snooze review={review} timeZone={timeZone} mayAct={mayAct} commands={commands} />
      <Route review={review} />
      <Twins review={review} mayAct={mayAct} commands={commands} />
      <Commitments review={review} timeZone={timeZone} mayAct={mayAct} commands={commands} />
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title="Change the status" size="sm">
        {asking && (
          <StatusForm
            status={asking}
            about={aboutOf(review)}
            timeZone={timeZone}
            onCancel={() => setAsking(null)}
            onSubmit={(details) => {
              void changeStatus(target, asking, details);
              setAsking(null);
            }}
          />
        )}
      </Modal>
    </div>
  );
}
