import { Button, Group, MultiSelect, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, TextInput, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import layout from '../app/Page.module.css';
import { DurationField } from './DurationField';
import { Faults } from './Faults';
import { NameField, freeName } from './NameField';
import { faultsIn, renamed, type Capacity, type Plan, type Provider, type RoutingFault } from './plan';
import { usePeopleChoices } from './useNames';

type Props = { plan: Plan; faults: readonly RoutingFault[]; onChange: ((plan: Plan) => void) | null };

/** Who shares cases, who answers for whom, and how much each is given. */
export function Teams({ plan, faults, onChange }: Props) {
  const teams = plan.teams ?? {};
  const providers = plan.providers ?? [];
  const capacity = plan.capacity ?? {};
  const people = usePeopleChoices([...Object.values(teams).flatMap((team) => team.members), ...providers.map((provider) => provider.manager ?? ''), ...Object.keys(capacity.people ?? {})]);
  const readOnly = onChange === null;
  const set = (part: Partial<Plan>) => onChange?.({ ...plan, ...part });
  const setProvider = (at: number, next: Provider) => set({ providers: providers.map((old, i) => (i === at ? next : old)) });
  const setCapacity = (part: Partial<Capacity>) => set({ capacity: { ...capacity, ...part } });
  const picker = { comboboxProps: { withinPortal: false }, disabled: readOnly } as const;
  return (
    <Stack gap="xl">
      <section aria-labelledby="teams">
        <Title order={2} id="teams" mb="xs">
          Teams
        </Title>
        <ul className={layout.list}>
          {Object.entries(teams).map(([name, team]) => (
            <li key={name} className={layout.card}>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <NameField label="Team" name={name} taken={Object.keys(teams)} readOnly={readOnly} onRename={(to) => onChange?.(renamed(plan, 'teams', name, to))} />
                <MultiSelect {...picker} label={`Members of ${name}`} searchable data={people} value={team.members ?? []} onChange={(members) => set({ teams: { ...teams, [name]: { members } } })} />
              </SimpleGrid>
              <Faults faults={faultsIn(faults, `teams.${name}`)} at={`teams.${name}`} />
              {!readOnly && (
                <Group>
                  <Button size="compact-sm" variant="subtle" onClick={() => set({ teams: without(teams, name) })} aria-label={`Remove team ${name}`}>
                    Remove
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ul>
        {Object.keys(teams).length === 0 && (
          <Text size="sm" c="dimmed">
            Without teams, whoever covers a location gets its cases.
          </Text>
        )}
        {!readOnly && (
          <Button mt="xs" size="compact-md" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => set({ teams: { ...teams, [freeName('team', Object.keys(teams))]: { members: [] } } })}>
            Team
          </Button>
        )}
      </section>
      <section aria-labelledby="providers">
        <Title order={2} id="providers" mb="xs">
          Providers reviews name
        </Title>
        <ul className={layout.list}>
          {providers.map((provider, i) => (
            <li key={i} className={layout.card}>
              <SimpleGrid cols={{ base: 1, sm: 3 }}>
                <TextInput label="Name" placeholder="Dr. Beatrice Hall" disabled={readOnly} value={provider.name} onChange={(event) => setProvider(i, { ...provider, name: event.currentTarget.value })} />
                <TagsInput {...picker} label="Also called" value={provider.aliases ?? []} onChange={(aliases) => setProvider(i, { ...provider, aliases })} />
                <Select {...picker} label="Who answers for them" clearable searchable data={people} value={provider.manager ?? null} onChange={(manager) => setProvider(i, { ...provider, manager: manager ?? undefined })} />
              </SimpleGrid>
              <Faults faults={faultsIn(faults, `providers[${i}]`)} at={`providers[${i}]`} />
              {!readOnly && (
                <Group>
                  <Button size="compact-sm" variant="subtle" onClick={() => set({ providers: providers.filter((_old, j) => j !== i) })} aria-label={`Remove ${provider.name || 'the provider'}`}>
                    Remove
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ul>
        {!readOnly && (
          <Button mt="xs" size="compact-md" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => set({ providers: [...providers, { name: '' }] })}>
            Provider
          </Button>
        )}
      </section>
      <section aria-labelledby="capacity">
        <Title order={2} id="capacity" mb="xs">
          How much is enough
        </Title>
        <Text size="sm" c="dimmed" mb="xs">
          Who has been given that many new cases is passed over; where nobody has room, cases wait and the oldest goes first. Urgent ones never wait.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput label="New cases each" placeholder="Any number" min={0} max={1000} allowDecimal={false} disabled={readOnly} value={capacity.cases ?? ''} onChange={(n) => setCapacity({ cases: n === '' ? undefined : Number(n) })} />
          <DurationField label="Within" placeholder="24" value={capacity.per} onChange={(per) => setCapacity({ per })} />
        </SimpleGrid>
        <Faults faults={faultsIn(faults, 'capacity')} at="capacity" />
        <Stack gap="xs" mt="xs">
          {Object.entries(capacity.people ?? {}).map(([person, cases]) => (
            <Group key={person} gap="xs" align="flex-end">
              <NumberInput label={`For ${people.find(({ value }) => value === person)?.label ?? person}`} min={0} max={1000} w={220} disabled={readOnly} value={cases} onChange={(n) => setCapacity({ people: { ...capacity.people, [person]: Number(n) || 0 } })} />
              {!readOnly && (
                <Button size="compact-sm" variant="subtle" mb={6} onClick={() => setCapacity({ people: without(capacity.people ?? {}, person) })} aria-label={`Remove the number of ${people.find(({ value }) => value === person)?.label ?? person}`}>
                  Remove
                </Button>
              )}
            </Group>
          ))}
          {!readOnly && <Select {...picker} label="Another number for" placeholder="Choose a person" searchable maw={260} data={people.filter(({ value }) => !Object.hasOwn(capacity.people ?? {}, value))} value={null} onChange={(person) => person && setCapacity({ people: { ...capacity.people, [person]: capacity.cases ?? 5 } })} />}
        </Stack>
      </section>
    </Stack>
  );
}

export const without = <T,>(all: Record<string, T>, name: string): Record<string, T> => Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
