import { Button, Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconChevronDown, IconStarFilled } from '@tabler/icons-react';
import { useId, useState, type ReactNode } from 'react';
import { facetsQuery, useMe, useOrganization, useTopics } from '../api/queries';
import type { FacetValue } from '../api/types';
import { Foreign } from '../text/Foreign';
import { polarities, polarityWords, siteName, statuses, statusWords } from '../words/words';
import classes from './FilterPanel.module.css';
import { hasStar, toggleStar, toggleValue, type Filters, type ListName } from './filters';

type Props = { filters: Filters; onChange: (filters: Filters) => void };
type Choice = { value: string; label: ReactNode; count: number | undefined; checked: boolean };

/** Values a section shows before "Show all". */
const shortList = 6;

/** Every filter with the number of reviews each value would leave. */
export function FilterPanel({ filters, onChange }: Props) {
  const { data: facets } = useQuery(facetsQuery(filters));
  const { locations, people } = useOrganization();
  const me = useMe().person.id;
  const topics = useTopics();

  const counter = (values: FacetValue[] | undefined) => (value: string) =>
    values && (values.find((v) => v.value === value)?.count ?? 0);
  const section = (title: string, name: ListName, values: readonly string[], label: (value: string) => ReactNode, hint?: string) => {
    const countOf = counter(facets?.[name]);
    const choices = values.map((value) => ({
      value,
      label: label(value),
      count: countOf(value),
      checked: (filters[name] as string[]).includes(value),
    }));
    return <Section title={title} hint={hint} choices={choices} onToggle={(value) => onChange(toggleValue(filters, name, value))} />;
  };

  const sites = [...new Set([...(facets?.site.map((v) => v.value) ?? []), ...filters.site])].sort();
  const ownerCount = counter(facets?.owner_id);
  const nobody = facets && (ownerCount('none') ?? 0) + (ownerCount('') ?? 0);
  const owners: Choice[] = [
    { value: 'me', label: 'Me', count: ownerCount(me), checked: filters.owner_id.includes('me') || filters.owner_id.includes(me) },
    { value: 'none', label: 'Nobody', count: nobody, checked: filters.owner_id.includes('none') },
    ...people
      .filter((person) => person.id !== me && (person.active || filters.owner_id.includes(person.id) || (ownerCount(person.id) ?? 0) > 0))
      .map((person) => ({
        value: person.id,
        label: <Foreign text={person.name} />,
        count: ownerCount(person.id),
        checked: filters.owner_id.includes(person.id),
      }))
      .sort((a, b) => (b.count ?? 0) - (a.count ?? 0)),
  ];
  const toggleOwner = (value: string) =>
    onChange(
      value === 'me' && filters.owner_id.includes(me) ? toggleValue(filters, 'owner_id', me) : toggleValue(filters, 'owner_id', value),
    );
  const ratingCount = counter(facets?.rating);
  const unrated = ratingCount('none');

  return (
    <div>
      {section('Status', 'status', statuses, (v) => statusWords[v as keyof typeof statusWords])}
      {section('Topic', 'topic', [...new Set([...topics.all, ...filters.topic])], (v) => <Foreign text={topics.nameOf(v)} />)}
      {section(
        'Said of it', 'polarity', polarities, (v) => polarityWords[v as keyof typeof polarityWords],
        filters.topic.length ? 'How the chosen topics are spoken of' : 'How any topic is spoken of',
      )}
      {section('Location', 'location_id', locations.map((l) => l.id), (v) => <Foreign text={locations.find((l) => l.id === v)?.name ?? v} />)}
      <Section
        title="Rating"
        choices={[5, 4, 3, 2, 1].map((star) => ({
          value: String(star),
          label: (
            <span role="img" aria-label={star === 1 ? '1 star' : `${star} stars`} className={classes.stars}>
              {Array.from({ length: star }, (_, i) => (
                <IconStarFilled key={i} size={13} aria-hidden />
              ))}
            </span>
          ),
          count: ratingCount(String(star)),
          checked: hasStar(filters, star),
        }))}
        onToggle={(value) => onChange(toggleStar(filters, Number(value)))}
        hint={unrated ? `${unrated.toLocaleString('en-US')} without a rating` : undefined}
      />
      <Section title="Owner" choices={owners} onToggle={toggleOwner} />
      {section('Site', 'site', sites, (v) => <Foreign text={siteName(v)} />)}
      {section('Overall', 'overall', polarities, (v) => polarityWords[v as keyof typeof polarityWords])}
      <Section
        title="More"
        choices={[
          { value: 'urgent', label: 'Urgent', count: facets?.urgent, checked: filters.urgent },
          { value: 'overdue', label: 'Overdue', count: facets?.overdue, checked: filters.overdue },
          { value: 'removed', label: 'No longer on its site', count: undefined, checked: filters.removed },
          { value: 'snoozed', label: 'Snoozed', count: undefined, checked: filters.snoozed },
        ]}
        onToggle={(value) => {
          const name = value as 'urgent' | 'overdue' | 'removed' | 'snoozed';
          onChange({ ...filters, [name]: !filters[name] });
        }}
      />
      <Dates filters={filters} onChange={onChange} />
    </div>
  );
}

function Section({ title, hint, choices, onToggle }: { title: string; hint?: string; choices: Choice[]; onToggle: (value: string) => void }) {
  const [all, setAll] = useState(false);
  const id = useId();
  if (!choices.length) return null;
  const long = choices.length > shortList + 2;
  const shown = long && !all ? choices.filter((choice, i) => i < shortList || choice.checked) : choices;
  return (
    <details className={classes.section} open>
      <summary className={classes.title} id={id}>
        {title}
        <IconChevronDown size={15} aria-hidden className={classes.chevron} />
      </summary>
      <div role="group" aria-labelledby={id}>
        {hint && <p className={classes.hint}>{hint}</p>}
        {shown.map((choice) => (
          <label key={choice.value} className={classes.choice} data-none={choice.count === 0 && !choice.checked ? true : undefined}>
            <Checkbox size="xs" checked={choice.checked} onChange={() => onToggle(choice.value)} />
            <span className={classes.label}>{choice.label}</span>
            {choice.count !== undefined && <span className={classes.count}>{choice.count.toLocaleString('en-US')}</span>}
          </label>
        ))}
        {long && (
          <Button variant="subtle" size="compact-xs" mt={2} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${choices.length}`}
          </Button>
        )}
      </div>
    </details>
  );
}

function Dates({ filters, onChange }: Props) {
  return (
    <details className={classes.section} open={Boolean(filters.from || filters.to)}>
      <summary className={classes.title}>
        Posted
        <IconChevronDown size={15} aria-hidden className={classes.chevron} />
      </summary>
      <div className={classes.dates}>
        <TextInput
          type="date"
          size="xs"
          label="From"
          value={filters.from ?? ''}
          max={filters.to}
          onChange={(event) => onChange({ ...filters, from: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          size="xs"
          label="To"
          value={filters.to ?? ''}
          min={filters.from}
          onChange={(event) => onChange({ ...filters, to: event.currentTarget.value || undefined })}
        />
      </div>
    </details>
  );
}
