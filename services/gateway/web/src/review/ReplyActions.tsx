import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconSend, IconUserCheck } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { ReplyFinding, ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { siteName } from '../words/words';
import type { Act } from './model';
import classes from './Reply.module.css';
import type { ReplyWriter } from './replyDraft';
import type { useReviewCommands } from './replyCommands';
import { actorWords } from './words';

type Props = {
  review: ReviewDetail;
  writer: ReplyWriter;
  hasText: boolean;
  /** What blocks the words that are written now. */
  blocking: readonly ReplyFinding[];
  may: ReadonlySet<Act>;
  commands: ReturnType<typeof useReviewCommands>;
};

/** Asking for approval, deciding on it, and publishing: whichever of them is next. */
export function ReplyActions({ review, writer, hasText, blocking, may, commands }: Props) {
  const { person } = useMe();
  const { personOf } = useOrganization();
  const [returning, returnDialog] = useDisclosure(false);
  const [overriding, override] = useDisclosure(false);
  const { draft } = review;
  const state = draft?.state ?? 'editing';
  const needsApproval = review.case.approval_required === true;
  const own = draft !== undefined && (draft.by.id === person.id || draft.requested_by?.id === person.id);
  const blocked = blocking.length > 0;
  const site = siteName(review.site);

  /** Saves what is written, then acts on exactly that version. */
  const onSaved = (act: (version: number) => Promise<boolean>) => async () => {
    if (await writer.flush()) return act(writer.current().base.version);
    return false;
  };

  if (state === 'waiting_approval' && draft) {
    const asked = draft.requested_by ? actorWords(draft.requested_by, personOf) : 'Somebody';
    return (
      <div className={classes.decide}>
        <Text size="sm">
          <IconUserCheck size={16} aria-hidden className={classes.inline} /> <Foreign text={asked} /> asked for approval.{' '}
          {own ? 'Somebody else has to approve what you wrote or submitted.' : !may.has('approve') && 'It waits for somebody who may approve it.'}
        </Text>
        {may.has('approve') && !own && (
          <div className={classes.actions}>
            <Button leftSection={<IconCheck size={16} aria-hidden />} loading={commands.busy === 'approve'} onClick={() => void commands.draft.decide(draft.version, true)}>
              Approve
            </Button>
            <Button variant="default" onClick={returnDialog.open}>
              Return with a comment
            </Button>
          </div>
        )}
        <Modal opened={returning} onClose={returnDialog.close} title="What should be changed?" size="sm">
          <TextForm
            label="Comment"
            description="Whoever wrote it sees this."
            submit="Return it"
            min={1}
            max={2000}
            onCancel={returnDialog.close}
            onSubmit={(comment) => {
              returnDialog.close();
              void commands.draft.decide(draft.version, false, comment);
            }}
          />
        </Modal>
      </div>
    );
  }

  const approved = state === 'approved';
  const mayPublishNow = may.has('publish') && (!needsApproval || approved) && state !== 'returned';
  return (
    <>
      {needsApproval && !approved && (
        <Text size="sm" c="dimmed" mt="xs">
          Another person approves this reply before it can be published.
        </Text>
      )}
      <div className={classes.actions}>
        {mayPublishNow && (
          <Button
            leftSection={<IconSend size={16} aria-hidden />}
            disabled={!hasText || blocked}
            aria-describedby={blocked ? 'publish-blocked' : undefined}
            loading={commands.busy === 'publish'}
            onClick={() => void onSaved((version) => commands.draft.publish(version))()}
          >
            Publish on {site}
          </Button>
        )}
        {!approved && may.has('draft') && (
          <Button
            variant={mayPublishNow ? 'default' : 'filled'}
            leftSection={<IconUserCheck size={16} aria-hidden />}
            disabled={!hasText}
            loading={commands.busy === 'ask'}
            onClick={() => void onSaved((version) => commands.draft.ask(version))()}
          >
            Ask for approval
          </Button>
        )}
        {mayPublishNow && blocked && may.has('override') && (
          <Button variant="subtle" color="red" onClick={override.open}>
            Publish it all the same…
          </Button>
        )}
      </div>
      {blocked && mayPublishNow && (
        <Text size="sm" id="publish-blocked" mt={4}>
          It cannot be published while something in it must not be public.
        </Text>
      )}
      <Modal opened={overriding} onClose={override.close} title="Publish against the check?" size="md">
        <Alert color="red" variant="light" mb="sm" p="xs" title="This is recorded" role="note" classNames={{ title: 'bs-alert-title' }}>
          Your name, the time, your reason and the rules you set aside stay in the history of this review: {[...new Set(blocking.map((finding) => finding.rule))].join(', ')}. A reply that
          discloses health information can be fined.
        </Alert>
        <TextForm
          label="Why does the check not hold here?"
          description="At least 10 characters."
          submit="Publish and record"
          danger
          min={10}
          max={500}
          onCancel={override.close}
          onSubmit={(reason) => {
            override.close();
            void onSaved((version) => commands.draft.publish(version, reason))();
          }}
        />
      </Modal>
    </>
  );
}

type TextFormProps = { label: string; description: string; submit: string; danger?: boolean; min: number; max: number; onCancel: () => void; onSubmit: (text: string) => void };

/** A dialog's one field of text with a lowest length. */
export function TextForm({ label, description, submit, danger, min, max, onCancel, onSubmit }: TextFormProps) {
  const [text, setText] = useState('');
  const enough = [...text.trim()].length >= min;
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (enough) onSubmit(text.trim());
      }}
    >
      <Stack gap="sm">
        <Textarea data-autofocus label={label} description={description} autosize minRows={2} maxRows={8} maxLength={max} required value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" color={danger ? 'red' : undefined} disabled={!enough}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
