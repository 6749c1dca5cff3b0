import { Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useMe, useOrganization, useTopics } from '../api/queries';
import { Foreign } from '../text/Foreign';
import { polarityWords, siteName, statusWords } from '../words/words';
import classes from './FilterChips.module.css';
import { noFilters, toggleValue, type Filters, type ListName } from './filters';

type Chip = { key: string; text: ReactNode; without: Filters };

/** What is filtered, each with a way out of it. */
export function FilterChips({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const { locationOf, personOf } = useOrganization();
  const me = useMe().person.id;
  const { nameOf } = useTopics();
  const owner = (id: string) =>
    id === 'me' || id === me ? 'Mine' : id === 'none' ? 'Unassigned' : <Foreign text={personOf(id)?.name ?? 'Former colleague'} />;
  const labels: Record<ListName, (value: never) => ReactNode> = {
    status: (v: keyof typeof statusWords) => statusWords[v],
    topic: (v: string) => <Foreign text={nameOf(v)} />,
    polarity: (v: keyof typeof polarityWords) => `Said of it: ${polarityWords[v].toLowerCase()}`,
    overall: (v: keyof typeof polarityWords) => `${polarityWords[v]} overall`,
    location_id: (v: string) => <Foreign text={locationOf(v)?.name ?? 'Unknown location'} />,
    site: (v: string) => <Foreign text={siteName(v)} />,
    owner_id: owner,
  };

  const chips: Chip[] = [];
  for (const name of Object.keys(labels) as ListName[]) {
    for (const value of filters[name]) {
      chips.push({ key: `${name} ${value}`, text: labels[name](value as never), without: toggleValue(filters, name, value) });
    }
  }
  for (const [name, text] of [['urgent', 'Urgent'], ['overdue', 'Overdue'], ['removed', 'No longer on its site'], ['snoozed', 'Snoozed']] as const) {
    if (filters[name]) chips.push({ key: name, text, without: { ...filters, [name]: false } });
  }
  if (filters.rating_min !== undefined || filters.rating_max !== undefined) {
    const from = filters.rating_min ?? 1;
    const to = filters.rating_max ?? 5;
    const without = { ...filters, rating_min: undefined, rating_max: undefined };
    chips.push({ key: 'rating', text: from === to ? `${from} ${from === 1 ? 'star' : 'stars'}` : `${from} to ${to} stars`, without });
  }
  if (filters.from) chips.push({ key: 'from', text: `From ${filters.from}`, without: { ...filters, from: undefined } });
  if (filters.to) chips.push({ key: 'to', text: `To ${filters.to}`, without: { ...filters, to: undefined } });
  if (filters.q) chips.push({ key: 'q', text: <>“<Foreign text={filters.q} />”</>, without: { ...filters, q: '' } });
  if (!chips.length) return null;

  return (
    <ul className={classes.chips} aria-label="Filters in use">
      {chips.map((chip) => (
        <li key={chip.key} className={classes.chip}>
          <span className={classes.text}>{chip.text}</span>
          <button type="button" className={classes.remove} onClick={() => onChange(chip.without)}>
            <IconX size={13} stroke={2.2} aria-hidden />
            <span className={classes.hidden}>Remove filter {chip.text}</span>
          </button>
        </li>
      ))}
      <li>
        <Button variant="subtle" size="compact-xs" onClick={() => onChange({ ...noFilters, sort: filters.sort })}>
          Clear all
        </Button>
      </li>
    </ul>
  );
}
