import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import layout from '../app/Page.module.css';
import { timeZones } from '../time/zones';
import { calendarWords, dateFault, hoursByDay, hoursFault, intervalsOf, weekdays, weekdayWords, withHours } from './calendar';
import { DurationField } from './DurationField';
import { Faults } from './Faults';
import { freeName, NameField } from './NameField';
import { faultsIn, renamed, tidy, type Calendar, type Holiday, type Plan, type Policy, type Priority, type RoutingFault, type Step } from './plan';
import classes from './Routing.module.css';
import { policyWords, stepWords } from './sentences';
import { without } from './Teams';
import { useNames, usePeopleChoices } from './useNames';

type Props = { plan: Plan; faults: readonly RoutingFault[]; onChange: ((plan: Plan) => void) | null };

/** How soon a case has to go on, and when the practice works. */
export function Times({ plan, faults, onChange }: Props) {
  const policies = plan.policies ?? {};
  const calendars = plan.calendars ?? {};
  const readOnly = onChange === null;
  const set = (part: Partial<Plan>) => onChange?.({ ...plan, ...part });
  return (
    <Stack gap="xl">
      <section aria-labelledby="policies">
        <Title order={2} id="policies" mb="xs">
          Time allowed
        </Title>
        <ul className={layout.list}>
          {Object.entries(policies).map(([name, policy]) => (
            <li key={name} className={layout.card}>
              <NameField label="Policy" name={name} taken={Object.keys(policies)} readOnly={readOnly} onRename={(to) => onChange?.(renamed(plan, 'policies', name, to))} />
              <PolicyFields plan={plan} policy={policy} readOnly={readOnly} onChange={(next) => set({ policies: { ...policies, [name]: tidy(next) } })} />
              <Faults faults={faultsIn(faults, `policies.${name}`)} at={`policies.${name}`} />
              {!readOnly && (
                <Group>
                  <Button size="compact-sm" variant="subtle" onClick={() => set({ policies: without(policies, name) })} aria-label={`Remove policy ${name}`}>
                    Remove
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ul>
        {!readOnly && (
          <Button mt="xs" size="compact-md" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => set({ policies: { ...policies, [freeName('policy', Object.keys(policies))]: { first_reply: '24h' } } })}>
            Policy
          </Button>
        )}
      </section>
      <section aria-labelledby="calendars">
        <Title order={2} id="calendars" mb="xs">
          Calendars
        </Title>
        <ul className={layout.list}>
          {Object.entries(calendars).map(([name, calendar]) => (
            <li key={name} className={layout.card}>
              <NameField label="Calendar" name={name} taken={Object.keys(calendars)} readOnly={readOnly} onRename={(to) => onChange?.(renamed(plan, 'calendars', name, to))} />
              <CalendarFields calendar={calendar} readOnly={readOnly} onChange={(next) => set({ calendars: { ...calendars, [name]: next } })} />
              <Faults faults={faultsIn(faults, `calendars.${name}`)} at={`calendars.${name}`} />
              {!readOnly && (
                <Group>
                  <Button size="compact-sm" variant="subtle" onClick={() => set({ calendars: without(calendars, name) })} aria-label={`Remove calendar ${name}`}>
                    Remove
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ul>
        {Object.keys(calendars).length === 0 && (
          <Text size="sm" c="dimmed">
            Without a calendar, time counts around the clock.
          </Text>
        )}
        {!readOnly && (
          <Button
            mt="xs"
            size="compact-md"
            variant="default"
            leftSection={<IconPlus size={15} aria-hidden />}
            onClick={() => set({ calendars: { ...calendars, [freeName('office', Object.keys(calendars))]: { hours: Object.fromEntries(weekdays.slice(0, 5).map((day) => [day, ['08:00-12:00', '13:00-17:00']])) } } })}
          >
            Calendar
          </Button>
        )}
      </section>
    </Stack>
  );
}

function PolicyFields({ plan, policy, readOnly, onChange }: { plan: Plan; policy: Policy; readOnly: boolean; onChange: (policy: Policy) => void }) {
  const names = useNames();
  const steps = policy.escalation ?? [];
  const people = usePeopleChoices(steps.map(({ to }) => (to?.startsWith('person:') ? to.slice(7) : '')));
  const targets = [{ value: 'location_manager', label: 'The manager of the location' }, ...Object.keys(plan.teams ?? {}).map((team) => ({ value: `team:${team}`, label: `Team ${team}` })), ...people.map(({ value, label }) => ({ value: `person:${value}`, label }))];
  const change = (part: Partial<Policy>) => onChange({ ...policy, ...part });
  const setStep = (at: number, next: Step) => change({ escalation: steps.map((old, i) => (i === at ? next : old)) });
  const picker = { comboboxProps: { withinPortal: false }, disabled: readOnly } as const;
  return (
    <>
      <Text size="sm" c="dimmed">
        {policyWords(policy)}
      </Text>
      {!readOnly && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <DurationField label="First reply" value={policy.first_reply} onChange={(first_reply) => change({ first_reply })} />
            <DurationField label="Each next step" value={policy.next_step} onChange={(next_step) => change({ next_step })} />
            <DurationField label="Closed" value={policy.resolution} onChange={(resolution) => change({ resolution })} />
            <DurationField label="Due soon, before" placeholder="A quarter" value={policy.soon_before} onChange={(soon_before) => change({ soon_before })} />
            <Select {...picker} label="Counted on the calendar" clearable placeholder="Around the clock" data={[...new Set([...Object.keys(plan.calendars ?? {}), ...(policy.calendar ? [policy.calendar] : [])])]} value={policy.calendar ?? null} onChange={(calendar) => change({ calendar: calendar ?? undefined })} />
          </SimpleGrid>
          <Text size="xs" c="dimmed">
            On a calendar of eight hours a day, 8 hours are one working day.
          </Text>
        </>
      )}
      {steps.map((step, i) =>
        readOnly ? (
          <Text key={i} size="sm">
            {stepWords(step, names)}
          </Text>
        ) : (
          <div key={i} className={classes.row} role="group" aria-label={`Once it is overdue, step ${i + 1}`}>
            <DurationField label="Overdue by" placeholder="At once" value={step.after} onChange={(after) => setStep(i, { ...step, after: after ?? '0' })} />
            <Select {...picker} label="Goes to" clearable searchable placeholder="Stays where it is" data={targets.some(({ value }) => value === step.to) || !step.to ? targets : [...targets, { value: step.to, label: step.to }]} value={step.to ?? null} onChange={(to) => setStep(i, { ...step, to: to ?? undefined })} />
            <Select {...picker} label="With priority" clearable w={130} placeholder="As it is" data={['low', 'normal', 'high', 'urgent']} value={step.priority ?? null} onChange={(priority) => setStep(i, { ...step, priority: (priority ?? undefined) as Priority | undefined })} />
            <Button size="compact-sm" variant="subtle" mb={6} onClick={() => change({ escalation: steps.filter((_old, j) => j !== i) })} aria-label={`Remove step ${i + 1}`}>
              Remove
            </Button>
          </div>
        ),
      )}
      {!readOnly && steps.length < 10 && (
        <Group>
          <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => change({ escalation: [...steps, { after: steps.at(-1)?.after ?? '0', to: 'location_manager' }] })}>
            What happens once it is overdue
          </Button>
        </Group>
      )}
    </>
  );
}

function CalendarFields({ calendar, readOnly, onChange }: { calendar: Calendar; readOnly: boolean; onChange: (calendar: Calendar) => void }) {
  // What is typed stays as it is typed; the plan has what can be read of it.
  const [days, setDays] = useState(() => hoursByDay(calendar));
  const holidays = calendar.holidays ?? [];
  const setDay = (at: number, text: string) => {
    const next = days.map((old, i) => (i === at ? text : old));
    setDays(next);
    if (!hoursFault(text)) onChange(withHours(calendar, next));
  };
  const setHoliday = (at: number, part: Partial<Holiday>) => onChange({ ...calendar, holidays: holidays.map((old, i) => (i === at ? tidy({ ...old, ...part, date: part.date ?? old.date }) : old)) });
  if (readOnly) {
    return (
      <Text size="sm" c="dimmed">
        {calendarWords(calendar)}. {holidays.length > 0 && `Holidays: ${holidays.map(({ name, date }) => name || date).join(', ')}.`}
      </Text>
    );
  }
  return (
    <>
      <Select label="Time zone" description="Left empty, each location counts by its own clock." searchable clearable limit={100} placeholder="The location’s own" maw={320} comboboxProps={{ withinPortal: false }} data={timeZones(calendar.time_zone)} value={calendar.time_zone ?? null} onChange={(zone) => onChange(tidy({ ...calendar, time_zone: zone ?? undefined }))} />
      <fieldset className={classes.days}>
        <legend>Hours; the gap between two is lunch</legend>
        {weekdays.map((day, i) => (
          <TextInput key={day} size="xs" label={weekdayWords[day]} placeholder="closed" value={days[i] ?? ''} onChange={(event) => setDay(i, event.currentTarget.value)} error={hoursFault(days[i] ?? '')} />
        ))}
      </fieldset>
      {holidays.map((holiday, i) => (
        <div key={i} className={classes.row} role="group" aria-label={`Holiday ${i + 1}`}>
          <TextInput size="xs" label="Holiday" value={holiday.name ?? ''} placeholder="Christmas" maxLength={100} onChange={(event) => setHoliday(i, { name: event.currentTarget.value })} />
          <TextInput size="xs" label="On" value={holiday.date ?? ''} placeholder="12-25" onChange={(event) => setHoliday(i, { date: event.currentTarget.value })} error={dateFault(holiday.date ?? '')} />
          <TextInput size="xs" label="Until" value={holiday.until ?? ''} placeholder="that day" onChange={(event) => setHoliday(i, { until: event.currentTarget.value })} />
          <HolidayHours hours={holiday.hours} onChange={(hours) => setHoliday(i, { hours })} />
          <Button size="compact-sm" variant="subtle" onClick={() => onChange(tidy({ ...calendar, holidays: holidays.filter((_old, j) => j !== i) }))} aria-label={`Remove ${holiday.name || 'the holiday'}`}>
            Remove
          </Button>
        </div>
      ))}
      <Group>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange({ ...calendar, holidays: [...holidays, { date: '' }] })}>
          Holiday
        </Button>
      </Group>
    </>
  );
}

function HolidayHours({ hours, onChange }: { hours: string[] | undefined; onChange: (hours: string[]) => void }) {
  const [text, setText] = useState(() => (hours ?? []).join(', '));
  return (
    <TextInput
      size="xs"
      label="Open"
      placeholder="closed"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        if (!hoursFault(event.currentTarget.value)) onChange(intervalsOf(event.currentTarget.value));
      }}
      error={hoursFault(text)}
    />
  );
}
