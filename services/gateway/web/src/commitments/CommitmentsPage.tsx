import { Anchor, Button, Group, Modal, SegmentedControl, Select, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { infiniteQueryOptions, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { IconAlarm, IconChecklist } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, useMe, useOrganization } from '../api/queries';
import type { components } from '../api/schema.gen';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { useToast } from '../app/toast';
import { useMay } from '../app/useMay';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { absoluteTime, dueTime } from '../time/format';
import { dateTimeField } from './fields';

type Commitment = components['schemas']['Commitment'];
type Patch = components['schemas']['CommitmentPatch'];
const key = ['commitments'] as const;

const commitmentsQuery = (mine: boolean, location: string | null) =>
  infiniteQueryOptions({
    queryKey: [...key, mine, location],
    queryFn: ({ pageParam, signal }) =>
      dataOf(api.GET('/api/v1/commitments', { params: { query: { owner_id: mine ? 'me' : undefined, location_id: location ? [location] : undefined, limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: 60_000,
  });

/** What was promised and is still to be kept, the longest overdue first. */
export function CommitmentsPage() {
  const [whose, setWhose] = useState<'mine' | 'all'>('mine');
  const [location, setLocation] = useState<string | null>(null);
  const found = useInfiniteQuery(commitmentsQuery(whose === 'mine', location));
  const { locations } = useOrganization();
  const [acting, setActing] = useState<{ what: 'move' | 'drop'; commitment: Commitment } | null>(null);
  const change = useChange();
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Promises" intro="“We call you back by Friday”: what was promised in a case, by when, and who keeps it. New ones are made on the page of a review.">
      <Group gap="xs" mb="md">
        <SegmentedControl
          size="xs"
          aria-label="Whose promises"
          value={whose}
          onChange={(value) => setWhose(value as typeof whose)}
          data={[
            { value: 'mine', label: 'Mine' },
            { value: 'all', label: 'All' },
          ]}
        />
        {locations.length > 1 && <Select size="xs" aria-label="Location" placeholder="All locations" clearable w={190} comboboxProps={{ withinPortal: false }} data={locations.map(({ id, name }) => ({ value: id, label: name }))} value={location} onChange={setLocation} />}
      </Group>
      {found.isError && !found.data && <Failure error={found.error} title="The promises could not be loaded" retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton h={160} radius="lg" role="status" aria-label="Loading the promises" />}
      {found.data && items.length === 0 && (
        <Empty icon={<IconChecklist size={42} stroke={1.3} />} title="Nothing is promised">
          {whose === 'mine' ? 'You have no open promises.' : 'Nobody has open promises here.'} On the page of a review you can note what was promised, and Bedside reminds whoever keeps it.
        </Empty>
      )}
      <ul className={layout.list} aria-label="Open promises">
        {items.map((commitment) => (
          <CommitmentCard key={`${commitment.review_id} ${commitment.id}`} commitment={commitment} onKeep={() => void change(commitment, { state: 'kept' }, 'It is kept.')} onAct={(what) => setActing({ what, commitment })} />
        ))}
      </ul>
      {found.hasNextPage && (
        <Group justify="center" mt="lg">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      )}
      {acting?.what === 'move' && <MoveDialog key={acting.commitment.id} commitment={acting.commitment} onClose={() => setActing(null)} />}
      {acting?.what === 'drop' && <DropDialog key={acting.commitment.id} commitment={acting.commitment} onClose={() => setActing(null)} />}
    </Page>
  );
}

function CommitmentCard({ commitment, onKeep, onAct }: { commitment: Commitment; onKeep: () => void; onAct: (what: 'move' | 'drop') => void }) {
  const { locationOf, personOf } = useOrganization();
  const mayWork = useMay('cases.work');
  const me = useMe().person.id;
  const now = useNow();
  const location = locationOf(commitment.location_id ?? '');
  const due = dueTime(commitment.due_at, true, now);
  const late = due.state === 'overdue';
  return (
    <li className={layout.card} data-alarm={late || undefined}>
      <div className={layout.head}>
        <Text fw={600} size="sm">
          <Foreign text={commitment.text} />
        </Text>
        <span className={layout.chip} data-warn={late || due.state === 'soon' || undefined}>
          {late && <IconAlarm size={13} aria-hidden style={{ verticalAlign: -2, marginInlineEnd: 4 }} />}
          {due.text}
        </span>
      </div>
      <Text size="xs" c="dimmed">
        {commitment.owner_id === me ? 'Mine' : <Foreign text={personOf(commitment.owner_id)?.name ?? 'A former colleague'} />}
        {location && (
          <>
            {' · '}
            <Foreign text={location.name} />
          </>
        )}
        {' · by '}
        <time dateTime={commitment.due_at}>{absoluteTime(commitment.due_at, location?.time_zone ?? 'UTC')}</time>
      </Text>
      <Group gap={6}>
        {mayWork && (
          <>
            <Button size="compact-sm" variant="default" onClick={onKeep} aria-label={`Kept: ${commitment.text}`}>
              Kept
            </Button>
            <Button size="compact-sm" variant="subtle" onClick={() => onAct('move')} aria-label={`Move: ${commitment.text}`}>
              Move
            </Button>
            <Button size="compact-sm" variant="subtle" onClick={() => onAct('drop')} aria-label={`Take back: ${commitment.text}`}>
              Take back
            </Button>
          </>
        )}
        {commitment.review_id && (
          <Anchor component={Link} to={`/reviews/${encodeURIComponent(commitment.review_id)}`} size="sm" ml="auto">
            See the review
          </Anchor>
        )}
      </Group>
    </li>
  );
}

/** Changes a promise, offers the way back, and says whether it worked. */
function useChange() {
  const client = useQueryClient();
  const toast = useToast();
  const send = async (commitment: Commitment, patch: Patch) => {
    const path = { id: commitment.review_id ?? '', commitment_id: commitment.id };
    try {
      await api.PATCH('/api/v1/reviews/{id}/commitments/{commitment_id}', { params: { path }, body: patch });
      return true;
    } catch (error) {
      toast.failed('Nothing was changed', asProblem(error));
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: key });
      await client.invalidateQueries({ queryKey: keys.review(commitment.review_id ?? '') });
    }
  };
  return async (commitment: Commitment, patch: Patch, said: string) => {
    const done = await send(commitment, patch);
    if (done) toast.done(said, () => void send(commitment, { state: 'open', due_at: commitment.due_at, owner_id: commitment.owner_id }));
    return done;
  };
}

function MoveDialog({ commitment, onClose }: { commitment: Commitment; onClose: () => void }) {
  const { people } = useOrganization();
  const change = useChange();
  const [at, setAt] = useState(() => dateTimeField(commitment.due_at));
  const [owner, setOwner] = useState(commitment.owner_id);
  const [saving, setSaving] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    const due_at = new Date(at).toISOString();
    if (await change(commitment, { due_at: at === dateTimeField(commitment.due_at) ? undefined : due_at, owner_id: owner === commitment.owner_id ? undefined : owner }, 'It is moved.')) onClose();
    else setSaving(false);
  };
  return (
    <Modal opened onClose={onClose} title="Move the promise" size="sm">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <TextInput data-autofocus type="datetime-local" required label="By when" description="By the clock of this computer" value={at} onChange={(event) => setAt(event.currentTarget.value)} />
          <Select label="Who keeps it" searchable allowDeselect={false} data={people.filter((person) => person.active && person.role !== 'viewer').map(({ id, name }) => ({ value: id, label: name }))} value={owner} onChange={(value) => value && setOwner(value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving}>
              Move
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function DropDialog({ commitment, onClose }: { commitment: Commitment; onClose: () => void }) {
  const change = useChange();
  const [reason, setReason] = useState('');
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!reason.trim()) return;
    setSaving(true);
    if (await change(commitment, { state: 'dropped', reason: reason.trim() }, 'It is taken back.')) onClose();
    else setSaving(false);
  };
  return (
    <Modal opened onClose={onClose} title="Take the promise back?" size="sm">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <Textarea data-autofocus label="Why will it not be kept?" autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} error={checked && !reason.trim() && 'Say why.'} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving}>
              Take it back
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
