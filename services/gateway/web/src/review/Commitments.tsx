import { Button, Group, Menu, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlarm, IconCheck, IconClock, IconDots, IconPlus, IconX } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { absoluteTime, relativeTime } from '../time/format';
import classes from './Case.module.css';
import type { Commitment } from './model';
import { candidates } from './OwnerPicker';
import { TextForm } from './ReplyActions';
import type { useReviewCommands } from './replyCommands';
import { promiseTimes } from './when';
import { WhenField } from './WhenField';

type Props = { review: ReviewDetail; timeZone: string; mayAct: boolean; commands: ReturnType<typeof useReviewCommands> };
type Asking = { what: 'drop' | 'move'; commitment: Commitment };

const stateIcons = { open: IconClock, missed: IconAlarm, kept: IconCheck, dropped: IconX } as const;
const isOpen = (commitment: Commitment) => commitment.state === 'open' || commitment.state === 'missed';

/** What somebody promised to do about a review and by when. */
export function Commitments({ review, timeZone, mayAct, commands }: Props) {
  const [adding, add] = useDisclosure(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const all = (review.commitments ?? []).toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || a.due_at.localeCompare(b.due_at));
  const { change } = commands.commitment;
  if (!all.length && !mayAct) return null;
  return (
    <section className={classes.promises} aria-labelledby="promises-title">
      <h3 id="promises-title" className={classes.heading}>
        Promises
      </h3>
      {all.length > 0 && (
        <ul className={classes.list}>
          {all.map((commitment) => (
            <Promised
              key={commitment.id}
              commitment={commitment}
              timeZone={timeZone}
              mayAct={mayAct}
              onKeep={() => void change(commitment.id, { state: 'kept' }, 'Promise kept.')}
              onReopen={() => void change(commitment.id, { state: 'open' }, 'Promise is open again.')}
              onAsk={(what) => setAsking({ what, commitment })}
            />
          ))}
        </ul>
      )}
      {mayAct && (
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={15} aria-hidden />} onClick={add.open}>
          Promise something
        </Button>
      )}
      <Modal opened={adding} onClose={add.close} title="Promise something" size="sm">
        <AddForm review={review} timeZone={timeZone} commands={commands} onDone={add.close} />
      </Modal>
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title={asking?.what === 'drop' ? 'Drop the promise' : 'Move the promise'} size="sm">
        {asking?.what === 'drop' && (
          <TextForm
            label="Why can it not be kept?"
            description="Kept in the history of the review."
            submit="Drop it"
            min={1}
            max={500}
            onCancel={() => setAsking(null)}
            onSubmit={(reason) => {
              void change(asking.commitment.id, { state: 'dropped', reason }, 'Promise dropped.');
              setAsking(null);
            }}
          />
        )}
        {asking?.what === 'move' && (
          <MoveForm
            commitment={asking.commitment}
            timeZone={timeZone}
            onCancel={() => setAsking(null)}
            onSubmit={(due_at) => {
              void change(asking.commitment.id, { due_at }, 'Promise moved.');
              setAsking(null);
            }}
          />
        )}
      </Modal>
    </section>
  );
}

type PromisedProps = { commitment: Commitment; timeZone: string; mayAct: boolean; onKeep: () => void; onReopen: () => void; onAsk: (what: Asking['what']) => void };

function Promised({ commitment, timeZone, mayAct, onKeep, onReopen, onAsk }: PromisedProps) {
  const { personOf } = useOrganization();
  const { person } = useMe();
  const now = useNow();
  const { state, due_at: due, owner_id: owner, text } = commitment;
  const Icon = stateIcons[state];
  const told = {
    open: `due ${relativeTime(due, now)}`,
    missed: `overdue since ${absoluteTime(due, timeZone)}`,
    kept: 'kept',
    dropped: 'dropped',
  }[state];
  return (
    <li className={classes.promise} data-state={state}>
      <Icon size={16} aria-hidden />
      <div className={classes.grow}>
        <Foreign text={text} />
        <Text size="xs" c="dimmed" title={absoluteTime(due, timeZone)}>
          {owner === person.id ? 'Me' : <Foreign text={personOf(owner)?.name ?? 'Former colleague'} />} · {told}
          {commitment.reason && (
            <>
              : <Foreign text={commitment.reason} />
            </>
          )}
        </Text>
        {mayAct && isOpen(commitment) && (
          <Group gap={6} mt={4}>
            <Button size="compact-xs" variant="light" onClick={onKeep} aria-label={`Kept: ${text}`}>
              Kept
            </Button>
            <Menu shadow="md" withinPortal={false} withInitialFocusPlaceholder={false} position="bottom-start">
              <Menu.Target>
                <Button size="compact-xs" variant="subtle" aria-label={`More about: ${text}`}>
                  <IconDots size={15} aria-hidden />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => onAsk('move')}>Move…</Menu.Item>
                <Menu.Item onClick={() => onAsk('drop')}>Drop…</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        )}
        {mayAct && !isOpen(commitment) && (
          <Button size="compact-xs" variant="subtle" onClick={onReopen} aria-label={`Open again: ${text}`}>
            Open again
          </Button>
        )}
      </div>
    </li>
  );
}

function AddForm({ review, timeZone, commands, onDone }: { review: ReviewDetail; timeZone: string; commands: Props['commands']; onDone: () => void }) {
  const now = useNow();
  const { people } = useOrganization();
  const { person } = useMe();
  const [text, setText] = useState('');
  const [due, setDue] = useState<number | undefined>(undefined);
  const [owner, setOwner] = useState<string | null>(review.case.owner_id ?? person.id);
  // One key a form: a repeated press adds nothing twice.
  const [key] = useState(() => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''));
  const enough = text.trim() !== '' && due !== undefined && due > now;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (enough && (await commands.commitment.add(text.trim(), due, key, owner ?? undefined))) onDone();
  };
  const choices = candidates(people, review, person.id).map((p) => ({ value: p.id, label: `${p.name}${p.id === person.id ? ' (me)' : ''}` }));
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <TextInput data-autofocus label="What is promised?" placeholder="Call back about the bill" maxLength={500} required value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <WhenField label="By when?" description="Time of the location. Whoever keeps it is reminded." times={promiseTimes(now, timeZone)} value={due} onChange={setDue} timeZone={timeZone} now={now} required />
        <Select label="Who keeps it?" data={choices} value={owner} onChange={setOwner} searchable allowDeselect={false} comboboxProps={{ withinPortal: false }} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" disabled={!enough} loading={commands.busy === 'commitment'}>
            Promise it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function MoveForm({ commitment, timeZone, onCancel, onSubmit }: { commitment: Commitment; timeZone: string; onCancel: () => void; onSubmit: (due: string) => void }) {
  const now = useNow();
  const [due, setDue] = useState<number | undefined>(() => Date.parse(commitment.due_at));
  const enough = due !== undefined && due > now;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (enough) onSubmit(new Date(due).toISOString());
      }}
    >
      <Stack gap="sm">
        <WhenField label="By when now?" times={promiseTimes(now, timeZone)} value={due} onChange={setDue} timeZone={timeZone} now={now} required />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" disabled={!enough}>
            Move it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
