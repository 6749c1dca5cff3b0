import { Avatar, Button, Group, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { peopleQuery, useMe, useOrganization } from '../api/queries';
import type { Person } from '../api/types';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { asProblem } from '../api/problem';
import { useToast } from '../app/toast';
import { useMay } from '../app/useMay';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { shortTime } from '../time/format';
import { roleWords } from '../words/words';
import { AbsenceForm, useSetAbsence } from './AbsenceForm';

/** Who works here, and who is away: oneself first. */
export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const me = useMe().person.id;
  const [away, setAway] = useState<Person | null>(null);
  const sorted = [...(people.data ?? [])].filter((person) => person.active).sort((a, b) => Number(b.id === me) - Number(a.id === me) || a.name.localeCompare(b.name));
  return (
    <Page title="People" intro="Who is out of office gets no new cases. An absence ends by itself.">
      {people.isError && !people.data && <Failure error={people.error} title="The people could not be loaded" retry={() => void people.refetch()} />}
      {people.isPending && <Skeleton h={200} radius="lg" role="status" aria-label="Loading the people" />}
      <ul className={layout.list} aria-label="People">
        {sorted.map((person) => (
          <PersonCard key={person.id} person={person} onAway={() => setAway(person)} />
        ))}
      </ul>
      {away && <AbsenceForm key={away.id} person={away} onClose={() => setAway(null)} />}
    </Page>
  );
}

function PersonCard({ person, onAway }: { person: Person; onAway: () => void }) {
  const isMe = useMe().person.id === person.id;
  const mayOthers = useMay('follow_up.configure');
  const { locationOf, personOf } = useOrganization();
  const toast = useToast();
  const setAbsence = useSetAbsence();
  const now = useNow();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const absent = person.away || Boolean(person.away_from && Date.parse(person.away_until ?? '9999-01-01') > now);
  const back = async () => {
    const failed = await setAbsence(person, { away: false });
    if (failed) toast.failed('Nothing was changed', asProblem(new Error(failed)));
  };
  const places = person.location_ids.map((id) => locationOf(id)?.name).filter(Boolean).join(', ');
  return (
    <li className={layout.card}>
      <Group wrap="nowrap" gap="sm" align="flex-start">
        <Avatar size={34} radius="xl" name={person.name} color="calm" variant="filled" alt="" aria-hidden />
        <div style={{ flex: 1, minWidth: 0 }}>
          <div className={layout.head}>
            <Text fw={600} size="sm">
              <Foreign text={person.name} />
              {isMe && ' (you)'}
            </Text>
            {person.away && (
              <span className={layout.chip} data-warn>
                Out of office
              </span>
            )}
          </div>
          <Text size="xs" c="dimmed">
            {roleWords[person.role]} · {person.email}
            {places && <> · {places}</>}
          </Text>
          {absent && (
            <Text size="sm" mt={4}>
              {person.away_from && `From ${shortTime(person.away_from, zone, now)}`} {person.away_until ? `until ${shortTime(person.away_until, zone, now)}` : 'until further notice'}
              {person.deputy_id && (
                <>
                  ; deputy is <Foreign text={personOf(person.deputy_id)?.name ?? 'a former colleague'} />
                </>
              )}
            </Text>
          )}
        </div>
      </Group>
      {(isMe || mayOthers) && (
        <Group gap={6}>
          <Button size="compact-sm" variant="default" onClick={onAway} aria-label={`${absent ? 'Change the absence of' : 'Out of office:'} ${isMe ? 'me' : person.name}`}>
            {absent ? 'Change' : 'Out of office'}
          </Button>
          {absent && (
            <Button size="compact-sm" variant="subtle" onClick={() => void back()} aria-label={`${isMe ? 'I am' : `${person.name} is`} back`}>
              {isMe ? 'I am back' : 'Is back'}
            </Button>
          )}
        </Group>
      )}
    </li>
  );
}
