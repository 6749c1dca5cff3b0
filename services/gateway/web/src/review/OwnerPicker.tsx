import { Avatar, Combobox, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useMe, useOrganization } from '../api/queries';
import type { Person, Review } from '../api/types';
import { Foreign } from '../text/Foreign';
import { textMatches } from '../text/search';
import { roleWords } from '../words/words';
import classes from './pickers.module.css';

type Props = { review: Review | undefined; title?: string; onClose: () => void; onPick: (personId: string) => void };

/** Asks who shall own a case: those who cover its location first, people who are away marked. */
export function OwnerPicker({ review, title = 'Who takes care of this review?', onClose, onPick }: Props) {
  return (
    <Modal opened={review !== undefined} onClose={onClose} title={title} size="sm" padding="md">
      {review && <People review={review} onPick={onPick} />}
    </Modal>
  );
}

/** People who can own the case of a review, the likeliest first. A viewer can do nothing about one. */
export function candidates(people: Person[], review: Review, me: string): Person[] {
  const rank = (person: Person) =>
    (person.id === me ? 0 : 1) + (person.location_ids.includes(review.location_id) ? 0 : 2) + (person.away ? 4 : 0);
  return people.filter((person) => person.active && person.role !== 'viewer').sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function People({ review, onPick }: { review: Review; onPick: (personId: string) => void }) {
  const { people } = useOrganization();
  const me = useMe().person.id;
  const [search, setSearch] = useState('');
  const combobox = useCombobox();
  const found = candidates(people, review, me).filter((person) => textMatches(`${person.name} ${person.email}`, search));
  const { selectFirstOption } = combobox;
  useEffect(() => {
    selectFirstOption();
    // The first match is what Enter takes, whenever the search changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [search]);

  return (
    <Combobox store={combobox} onOptionSubmit={onPick}>
      <Combobox.EventsTarget>
        <TextInput
          data-autofocus
          aria-label="Find a person"
          placeholder="Find a person"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options className={classes.options} aria-label="People" tabIndex={0}>
        {found.map((person) => (
          <Combobox.Option key={person.id} value={person.id} active={person.id === review.case.owner_id}>
            <div className={classes.person}>
              <Avatar size={28} radius="xl" name={person.name} color="calm" variant="filled" alt="" aria-hidden />
              <div className={classes.grow}>
                <Text size="sm" fw={550}>
                  <Foreign text={person.name} />
                  {person.id === me && ' (me)'}
                  {person.id === review.case.owner_id && ' · owner now'}
                </Text>
                <Text size="xs" className={classes.role}>
                  {roleWords[person.role]}
                  {person.location_ids.includes(review.location_id) && ' · covers this location'}
                  {person.away && ' · away'}
                </Text>
              </div>
            </div>
          </Combobox.Option>
        ))}
        {!found.length && <Combobox.Empty>Nobody of that name</Combobox.Empty>}
      </Combobox.Options>
    </Combobox>
  );
}
