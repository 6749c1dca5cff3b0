import { Alert, Button, Checkbox, Group, Select, SimpleGrid, Skeleton, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { useMe } from '../api/queries';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { useToast } from '../app/toast';
import { timeZones } from '../time/zones';
import { kinds, kindWords } from './kinds';
import { notificationKeys, notificationSettingsQuery, type Kind, type NotificationSettings } from './queries';

/** What I want to hear and when. */
export function SettingsPage() {
  const settings = useQuery(notificationSettingsQuery);
  return (
    <Page title="Notifications" intro="What Bedside tells you of appears at the bell at once. Here you say what else you want by e-mail, and when you want to be left alone.">
      {settings.isError && !settings.data && <Failure error={settings.error} title="Your settings could not be loaded" retry={() => void settings.refetch()} />}
      {settings.isPending && <Skeleton h={300} radius="lg" role="status" aria-label="Loading your settings" />}
      {settings.data && <Form key={settings.data.rev} stored={settings.data} />}
    </Page>
  );
}

function Form({ stored }: { stored: NotificationSettings }) {
  const client = useQueryClient();
  const toast = useToast();
  const email = useMe().person.email;
  const [settings, setSettings] = useState(stored);
  const [saving, setSaving] = useState(false);
  const change = (part: Partial<NotificationSettings>) => setSettings({ ...settings, ...part });
  const quiet = Boolean(settings.quiet_from && settings.quiet_until);
  const changed = JSON.stringify(settings) !== JSON.stringify(stored);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSaving(true);
    try {
      const fresh = await dataOf(api.PUT('/api/v1/me/notifications', { body: { ...settings, quiet_from: quiet ? settings.quiet_from : '', quiet_until: quiet ? settings.quiet_until : '' } }));
      client.setQueryData(notificationKeys.settings, fresh);
      toast.done('Your settings are saved.');
    } catch (error) {
      const problem = asProblem(error);
      toast.failed(problem.status === 409 ? 'You changed them elsewhere meanwhile' : 'Nothing was changed', problem);
      if (problem.status === 409) await client.invalidateQueries({ queryKey: notificationKeys.settings });
    }
    setSaving(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="lg" className={layout.card}>
        <Select
          label="E-mail"
          description={`To ${email}. What belongs together comes as one message.`}
          maw={420}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={[
            { value: 'instant', label: 'At once' },
            { value: 'hourly', label: 'Once an hour' },
            { value: 'daily', label: 'Once a day' },
            { value: 'off', label: 'Never; the bell is enough' },
          ]}
          value={settings.email}
          onChange={(value) => value && change({ email: value as NotificationSettings['email'] })}
        />
        {settings.email === 'daily' && <TextInput type="time" label="Daily at" maw={160} required value={settings.daily_at} onChange={(event) => change({ daily_at: event.currentTarget.value })} />}
        <Checkbox.Group label="Tell me when" value={settings.kinds} onChange={(value) => change({ kinds: value as Kind[] })}>
          <Stack gap={8} mt={8}>
            {kinds.map((kind) => (
              <Checkbox key={kind} value={kind} label={kindWords[kind]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <div>
          <Switch label="Quiet hours" checked={quiet} onChange={(event) => change(event.currentTarget.checked ? { quiet_from: '20:00', quiet_until: '07:00' } : { quiet_from: '', quiet_until: '' })} />
          <Text size="xs" c="dimmed" mt={4}>
            E-mails wait until they end. Urgent reviews, such as possible harm to a patient, break through.
          </Text>
          {quiet && (
            <Group mt="xs" gap="sm">
              <TextInput type="time" label="From" required value={settings.quiet_from} onChange={(event) => change({ quiet_from: event.currentTarget.value })} />
              <TextInput type="time" label="Until" required value={settings.quiet_until} onChange={(event) => change({ quiet_until: event.currentTarget.value })} />
            </Group>
          )}
        </div>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select label="Time zone" searchable allowDeselect={false} comboboxProps={{ withinPortal: false }} limit={100} data={timeZones(settings.time_zone)} value={settings.time_zone} onChange={(value) => value && change({ time_zone: value })} />
        </SimpleGrid>
        <Switch label="The weekly digest by e-mail" checked={settings.digest} onChange={(event) => change({ digest: event.currentTarget.checked })} />
        {settings.kinds.length === 0 && (
          <Alert color="orange" variant="light">
            You will not hear of anything, not even of cases that become yours.
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={saving} disabled={!changed}>
            Save
          </Button>
          {changed && (
            <Button variant="default" onClick={() => setSettings(stored)}>
              Discard
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
