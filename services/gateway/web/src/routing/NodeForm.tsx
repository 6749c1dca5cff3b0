import { Button, Checkbox, Group, Modal, MultiSelect, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useOrganization, useTopics } from '../api/queries';
import type { Polarity } from '../api/types';
import { channelsQuery } from '../notifications/queries';
import { polarities, polarityWords, siteName, urgentWords } from '../words/words';
import { tidy, type Match, type Plan, type PlanNode, type PlanOwner, type Priority, type Strategy } from './plan';
import { languageWords, sentence } from './sentences';
import { useNames, usePeopleChoices } from './useNames';

const sites = ['google', 'healthgrades', 'zocdoc', 'vitals', 'ratemds', 'webmd', 'yelp', 'facebook', 'trustpilot', 'careopinion'];
const strategyWords: Record<Strategy, string> = {
  least_loaded: 'Who has the least to do',
  round_robin: 'Each in turn',
  person: 'One person',
  location_manager: 'The manager of the location',
  mentioned_manager: 'The manager of the provider it names',
};
const union = (known: readonly string[], named: readonly string[] | undefined) => [...new Set([...known, ...(named ?? [])])];

type Props = { plan: Plan; node: PlanNode; isRoot: boolean; isNew: boolean; onClose: () => void; onSave: (node: PlanNode) => void };

/** One rule: which reviews it takes, and what becomes of them. */
export function NodeForm({ plan, node: start, isRoot, isNew, onClose, onSave }: Props) {
  const names = useNames();
  const { locations } = useOrganization();
  const { all: topics, nameOf } = useTopics();
  const channels = useQuery(channelsQuery).data ?? [];
  const [node, setNode] = useState<PlanNode>(start);
  const people = usePeopleChoices([node.owner?.person ?? '']);
  const match = node.match ?? {};
  const setMatch = (part: Match) => setNode({ ...node, match: { ...match, ...part } });
  const change = (part: Partial<PlanNode>) => setNode({ ...node, ...part });
  const owner: PlanOwner = node.owner ?? {};
  const strategy: Strategy | '' = owner.strategy ?? (owner.person ? 'person' : owner.team ? 'least_loaded' : '');
  const regions = union(locations.map((location) => location.region).filter((region): region is string => Boolean(region)), match.regions);
  const urgent = match.urgent?.includes('any') ? 'any' : match.urgent?.includes('none') ? 'none' : match.urgent?.length ? 'some' : '';
  const topicChoices = topics.flatMap((key) => [
    { value: key, label: nameOf(key) },
    ...polarities.map((polarity) => ({ value: `${key}:${polarity}`, label: `${nameOf(key)}, ${polarityWords[polarity].toLowerCase()}` })),
  ]);
  const locationIds = (match.locations ?? []).map((key) => locations.find(({ id, name }) => id === key || name === key)?.id ?? key);
  const { when, then } = sentence(tidy(node), names);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A dialog's form is inside the page's tree of components, and its submission would go on to a form around it.
    event.stopPropagation();
    onSave(tidy({ ...node, name: node.name?.trim() }));
  };
  const picker = { comboboxProps: { withinPortal: false } } as const;
  return (
    <Modal opened onClose={onClose} title={isNew ? 'A new rule' : isRoot ? 'What counts for every review' : 'Edit the rule'} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput data-autofocus label="Name" description="What people read in the history of a case" maxLength={60} value={node.name ?? ''} onChange={(event) => change({ name: event.currentTarget.value })} />
          {!isRoot && (
            <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
              <Title order={3} size="h5" component="legend">
                If
              </Title>
              <Text size="xs" c="dimmed" mb="xs">
                All that is given here must hold; several choices in one field are alternatives. Nothing given is every review.
              </Text>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <MultiSelect {...picker} label="Topics" searchable data={union(topicChoices.map(({ value }) => value), match.topics).map((value) => topicChoices.find((choice) => choice.value === value) ?? { value, label: value })} value={match.topics ?? []} onChange={(value) => setMatch({ topics: value })} />
                <MultiSelect {...picker} label="The review as a whole is" data={polarities.map((value) => ({ value, label: polarityWords[value] }))} value={match.polarity ?? []} onChange={(value) => setMatch({ polarity: value as Polarity[] })} />
                <Group gap={6} wrap="nowrap" align="flex-end">
                  <NumberInput label="Stars from" min={1} max={5} step={1} placeholder="1" value={match.rating_min ?? ''} onChange={(n) => setMatch({ rating_min: n === '' ? undefined : Number(n) })} />
                  <NumberInput label="Stars to" min={1} max={5} step={1} placeholder="5" value={match.rating_max ?? ''} onChange={(n) => setMatch({ rating_max: n === '' ? undefined : Number(n) })} />
                </Group>
                <Select
                  {...picker}
                  label="Urgent"
                  clearable
                  placeholder="Does not matter"
                  data={[
                    { value: 'any', label: 'It is urgent' },
                    { value: 'none', label: 'It is not urgent' },
                    { value: 'some', label: 'For a certain reason' },
                  ]}
                  value={urgent || null}
                  onChange={(value) => setMatch({ urgent: value === 'any' ? ['any'] : value === 'none' ? ['none'] : value === 'some' ? ['safety_harm'] : undefined })}
                />
                {urgent === 'some' && <MultiSelect {...picker} label="For the reason of" data={Object.entries(urgentWords).map(([value, label]) => ({ value, label }))} value={match.urgent ?? []} onChange={(value) => setMatch({ urgent: value as Match['urgent'] })} />}
                <MultiSelect {...picker} label="Locations" searchable data={union(locations.map(({ id }) => id), locationIds).map((value) => ({ value, label: names.location(value) }))} value={locationIds} onChange={(value) => setMatch({ locations: value })} />
                {regions.length > 0 && <MultiSelect {...picker} label="Regions" data={regions} value={match.regions ?? []} onChange={(value) => setMatch({ regions: value })} />}
                <MultiSelect {...picker} label="Sites" data={union(sites, match.sites).map((value) => ({ value, label: siteName(value) }))} value={match.sites ?? []} onChange={(value) => setMatch({ sites: value })} />
                <MultiSelect {...picker} label="Languages" data={union(Object.keys(languageWords), match.languages).map((value) => ({ value, label: languageWords[value] ?? value }))} value={match.languages ?? []} onChange={(value) => setMatch({ languages: value })} />
                <TagsInput {...picker} label="It names" description="A person of the practice, or any" data={union(['any', ...(plan.providers ?? []).map(({ name }) => name)], [])} value={match.mentions ?? []} onChange={(value) => setMatch({ mentions: value })} />
                <TagsInput {...picker} label="It says" description="Words or phrases; refund* takes refunds too" value={match.text ?? []} onChange={(value) => setMatch({ text: value })} />
              </SimpleGrid>
              <Checkbox mt="sm" label={match.rating_min !== undefined || match.rating_max !== undefined ? 'Also those without stars' : 'Only those without stars'} checked={match.unrated ?? false} onChange={(event) => setMatch({ unrated: event.currentTarget.checked || undefined })} />
            </fieldset>
          )}
          <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
            <Title order={3} size="h5" component="legend">
              Then
            </Title>
            <Text size="xs" c="dimmed" mb="xs">
              What is left empty is {isRoot ? 'as Bedside comes with' : 'as in the rule above'}.
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Select {...picker} label="Who gets it" clearable placeholder={isRoot ? 'Who has the least to do' : 'As above'} data={Object.entries(strategyWords).map(([value, label]) => ({ value, label }))} value={strategy || null} onChange={(value) => change({ owner: value ? { strategy: value as Strategy, ...((value === 'least_loaded' || value === 'round_robin') && owner.team && { team: owner.team }) } : undefined })} />
              {(strategy === 'least_loaded' || strategy === 'round_robin') && <Select {...picker} label="Of the team" clearable placeholder="All who cover the location" data={union(Object.keys(plan.teams ?? {}), owner.team ? [owner.team] : [])} value={owner.team ?? null} onChange={(value) => change({ owner: { strategy, ...(value && { team: value }) } })} />}
              {strategy === 'person' && <Select {...picker} label="Person" description="Where they do not cover the location, it goes to who does" searchable required data={people} value={owner.person ?? null} onChange={(value) => change({ owner: { strategy: 'person', ...(value && { person: value }) } })} />}
              <Select {...picker} label="Priority" clearable placeholder={isRoot ? 'Normal' : 'As above'} data={['low', 'normal', 'high', 'urgent'].map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) }))} value={node.priority ?? null} onChange={(value) => change({ priority: (value ?? undefined) as Priority | undefined })} />
              <Select {...picker} label="Time allowed" clearable placeholder={isRoot ? 'None' : 'As above'} data={union(Object.keys(plan.policies ?? {}), node.sla ? [node.sla] : [])} value={node.sla ?? null} onChange={(value) => change({ sla: value ?? undefined })} />
              <Select
                {...picker}
                label="Approval of the reply"
                clearable
                placeholder={isRoot ? 'Not needed' : 'As above'}
                data={[
                  { value: 'yes', label: 'Another person approves it' },
                  { value: 'no', label: 'Not needed' },
                ]}
                value={node.approval === undefined ? null : node.approval ? 'yes' : 'no'}
                onChange={(value) => change({ approval: value === null ? undefined : value === 'yes' })}
              />
              <MultiSelect {...picker} label="Tell" placeholder={node.notify?.length ? undefined : 'No channel'} data={union(channels.map(({ name }) => name), node.notify).map((value) => ({ value, label: `#${value}` }))} value={node.notify ?? []} onChange={(value) => change({ notify: value })} />
            </SimpleGrid>
            {!isRoot && <Checkbox mt="sm" label="Go on with the rules after it, which can add channels and approval" checked={node.continue ?? false} onChange={(event) => change({ continue: event.currentTarget.checked || undefined })} />}
          </fieldset>
          <Text size="sm" fw={550} role="status">
            {isRoot ? 'Every review' : when} → {then}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Done</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
