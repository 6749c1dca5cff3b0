import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, peopleQuery, useMe, useOrganization } from '../api/queries';
import type { Person } from '../api/types';
import { useToast } from '../app/toast';
import { endOfDay, startOfDay, dayOf } from './days';

/** Out of office: from, until, and who stands in. */
export function AbsenceForm({ person, onClose }: { person: Person; onClose: () => void }) {
  const { people } = useOrganization();
  const isMe = useMe().person.id === person.id;
  const setAbsence = useSetAbsence();
  const [from, setFrom] = useState(() => dayOf(person.away_from ?? new Date().toISOString()));
  const [until, setUntil] = useState(() => (person.away_until ? dayOf(person.away_until) : ''));
  const [deputy, setDeputy] = useState(person.deputy_id ?? '');
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState('');
  const wrong = until && from && until < from ? 'The last day is before the first.' : '';
  const deputies = people.filter((other) => other.active && other.id !== person.id && other.role !== 'viewer');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    setSaving(true);
    const failed = await setAbsence(person, { away: true, from: from ? startOfDay(from) : undefined, until: until ? endOfDay(until) : undefined, deputy_id: deputy || undefined });
    if (failed) {
      setRefused(failed);
      setSaving(false);
    } else onClose();
  };
  return (
    <Modal opened onClose={onClose} title={isMe ? 'I am out of office' : `${person.name} is out of office`} size="md">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <Text size="sm">New cases go to the deputy, or to whoever covers the location. Cases that are {isMe ? 'yours' : 'theirs'} stay {isMe ? 'yours' : 'theirs'}.</Text>
          <Group grow align="flex-start">
            <TextInput data-autofocus type="date" label="First day" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
            <TextInput type="date" label="Last day" description="Empty: until you say so" inputWrapperOrder={['label', 'input', 'description', 'error']} value={until} onChange={(event) => setUntil(event.currentTarget.value)} error={wrong} />
          </Group>
          <Select label="Deputy" placeholder="Whoever covers the location" clearable searchable data={deputies.map(({ id, name }) => ({ value: id, label: name }))} value={deputy || null} onChange={(value) => setDeputy(value ?? '')} />
          {refused && (
            <Alert role="alert" color="red" variant="light">
              {refused}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={saving}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type Absence = { away: boolean; from?: string; until?: string; deputy_id?: string };

/** Sets an absence and says why it could not be, if so. */
export function useSetAbsence() {
  const client = useQueryClient();
  const toast = useToast();
  const me = useMe().person.id;
  return async (person: Person, absence: Absence): Promise<string> => {
    try {
      await dataOf(api.PUT('/api/v1/people/{id}/absence', { params: { path: { id: person.id === me ? 'me' : person.id } }, body: absence }));
      toast.done(absence.away ? 'The absence is saved.' : `${person.id === me ? 'You are' : `${person.name} is`} back.`);
      await Promise.all([client.invalidateQueries({ queryKey: peopleQuery.queryKey }), client.invalidateQueries({ queryKey: keys.me })]);
      return '';
    } catch (error) {
      const problem = asProblem(error);
      return `${problem.message} ${problem.advice}`;
    }
  };
}
