import { Button, Group, Radio, Stack, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { CaseStatus, ReviewDetail } from '../api/types';
import { useNow } from '../time/clock';
import { StatusChip } from '../words/Chips';
import type { StatusDetails } from './commands';
import { snoozeTimes } from './when';
import { WhenField } from './WhenField';

/** What decides whether a status wants to know more. */
export type About = { overall: ReviewDetail['overall']; rootCauses: readonly string[] };

export const aboutOf = (review: ReviewDetail): About => ({ overall: review.overall, rootCauses: review.root_causes ?? [] });

/** True where a status is not given without more: a reason, or what was behind the review. */
export function wantsDetails(status: CaseStatus, about: About): boolean {
  return status === 'no_reply_needed' || status === 'on_hold' || (status === 'resolved' && asksCause(about));
}

/** A negative or mixed review is resolved by saying what was behind it, where the organization keeps a list. */
const asksCause = ({ overall, rootCauses }: About) => rootCauses.length > 0 && overall !== 'positive';

type Props = { status: CaseStatus; about: About; timeZone: string; onCancel: () => void; onSubmit: (details: StatusDetails) => void };

/** Asks what goes with a status; the answer stays in the history. */
export function StatusForm({ status, about, timeZone, onCancel, onSubmit }: Props) {
  const now = useNow();
  const [reason, setReason] = useState('');
  const [cause, setCause] = useState('');
  const [until, setUntil] = useState<number | undefined>(undefined);
  const field = useRef<HTMLTextAreaElement>(null);
  // The dialog may have been open before the question appeared in it.
  useEffect(() => {
    field.current?.focus();
  }, []);
  const resolving = status === 'resolved';
  const enough = resolving ? cause !== '' : reason.trim() !== '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!enough) return;
    onSubmit({ reason: reason.trim() || undefined, root_cause: cause || undefined, until: until === undefined ? undefined : new Date(until).toISOString() });
  };
  const reasonLabel = { no_reply_needed: 'Why does it need no reply?', on_hold: 'What does it wait for?' }[status as string] ?? 'Anything to add?';
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <StatusChip status={status} />
        {resolving && (
          <Radio.Group label="What was behind it?" description="Bedside counts these, so that the same thing need not happen again." value={cause} onChange={setCause} required>
            <Stack gap={8} mt={8}>
              {about.rootCauses.map((name) => (
                <Radio key={name} value={name} label={name} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        <Textarea
          data-autofocus={resolving ? undefined : true}
          ref={resolving ? undefined : field}
          label={reasonLabel}
          description="Kept in the history of the review."
          autosize
          minRows={2}
          maxRows={8}
          maxLength={500}
          required={!resolving}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {status === 'on_hold' && (
          <WhenField label="Open it again" description="Its clocks stand still until then. Left empty, until somebody opens it." times={snoozeTimes(now, timeZone)} value={until} onChange={setUntil} timeZone={timeZone} now={now} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" disabled={!enough}>
            Change status
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
