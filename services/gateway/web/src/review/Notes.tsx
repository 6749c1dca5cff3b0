import { Button, Group, Text, Textarea } from '@mantine/core';
import { useState, type FormEvent, type RefObject } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { Note } from '../api/types';
import { ForeignParts, Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { useAddNote } from './commands';
import { clearDraft, loadDraft, saveDraft } from './drafts';
import classes from './Notes.module.css';
import { actorWords } from './words';

type Props = { reviewId: string; notes: readonly Note[]; timeZone: string; mayAct: boolean; field: RefObject<HTMLTextAreaElement | null> };

/** Internal notes: nothing here ever reaches the site. */
export function Notes({ reviewId, notes, timeZone, mayAct, field }: Props) {
  const { personOf } = useOrganization();
  return (
    <div>
      {notes.length > 0 && (
        <ul className={classes.notes}>
          {notes.map((note) => (
            <li key={note.id} className={classes.note}>
              <div className={classes.head}>
                <Text span size="sm" fw={600}>
                  <Foreign text={actorWords(note.by, personOf)} />
                </Text>
                <Text span size="xs" c="dimmed">
                  {note.id.startsWith('pending-') ? 'saving…' : <RelativeTime at={note.at} timeZone={timeZone} />}
                </Text>
              </div>
              <div className={classes.text} dir="auto">
                <ForeignParts text={note.text} />
              </div>
            </li>
          ))}
        </ul>
      )}
      {mayAct && <NoteForm key={reviewId} reviewId={reviewId} field={field} />}
      {!mayAct && notes.length === 0 && (
        <Text size="sm" c="dimmed">
          No notes.
        </Text>
      )}
    </div>
  );
}

function NoteForm({ reviewId, field }: { reviewId: string; field: Props['field'] }) {
  const { person } = useMe();
  const [draft, setDraft] = useState(() => loadDraft(reviewId));
  const add = useAddNote(reviewId, person);
  const text = draft.text.trim();
  const submit = () => {
    if (!text || add.isPending) return;
    add.mutate(
      { text, key: draft.key },
      {
        onSuccess: () => {
          clearDraft(reviewId);
          setDraft(loadDraft(reviewId));
        },
      },
    );
  };
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        ref={field}
        label="Add a note"
        description="Only your organization sees it."
        placeholder="Called the patient, left a message…"
        autosize
        minRows={2}
        maxRows={12}
        maxLength={10_000}
        value={draft.text}
        readOnly={add.isPending}
        onChange={(event) => setDraft(saveDraft(reviewId, draft, event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <Group justify="space-between" mt={8}>
        <Text size="xs" c="dimmed">
          Ctrl + Enter adds it
        </Text>
        <Button type="submit" size="compact-md" loading={add.isPending} disabled={!text}>
          Add note
        </Button>
      </Group>
    </form>
  );
}
