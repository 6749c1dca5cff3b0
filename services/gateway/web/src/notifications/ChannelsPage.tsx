import { Alert, Button, Code, CopyButton, Group, Modal, Select, Skeleton, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconBrandSlack, IconCheck, IconCopy, IconMail, IconPlus, IconSpeakerphone, IconWebhook } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { Forbidden } from '../app/Forbidden';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { useToast } from '../app/toast';
import { useMay } from '../app/useMay';
import { Foreign } from '../text/Foreign';
import { channelsQuery, notificationKeys, type Channel, type ChannelInput } from './queries';

const kindWords: Record<Channel['kind'], string> = { slack: 'Slack', webhook: 'Webhook', email: 'E-mail' };
const everyWords: Record<Channel['every'], string> = { instant: 'at once', hourly: 'once an hour', daily: 'once a day' };
const icons = { slack: IconBrandSlack, webhook: IconWebhook, email: IconMail };

/** Where messages for several people go; the follow-up rules say which cases. */
export function ChannelsPage() {
  return useMay('follow_up.configure') ? <Channels /> : <Forbidden what="Setting up channels" />;
}

function Channels() {
  const channels = useQuery(channelsQuery);
  const [form, setForm] = useState<{ channel: Channel | null } | null>(null);
  const [made, setMade] = useState<Channel | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({ channel: null })}>
      Channel
    </Button>
  );
  return (
    <Page title="Channels" action={channels.data && channels.data.length > 0 && add} intro="A Slack channel, a program of yours, or a shared mailbox. The follow-up rules say which reviews each of them hears of.">
      {channels.isError && !channels.data && <Failure error={channels.error} title="The channels could not be loaded" retry={() => void channels.refetch()} />}
      {channels.isPending && <Skeleton h={140} radius="lg" role="status" aria-label="Loading the channels" />}
      {channels.data?.length === 0 && (
        <Empty icon={<IconSpeakerphone size={42} stroke={1.3} />} title="No channels yet" actions={add}>
          People hear of their own cases without one. A channel is for what a group should see, such as every urgent review.
        </Empty>
      )}
      <ul className={layout.list} aria-label="Channels">
        {channels.data?.map((channel) => (
          <ChannelCard key={channel.id} channel={channel} onEdit={() => setForm({ channel })} />
        ))}
      </ul>
      {form && <ChannelForm key={form.channel?.id ?? 'new'} channel={form.channel} onClose={() => setForm(null)} onMade={setMade} />}
      {made?.secret && <SecretDialog channel={made} secret={made.secret} onClose={() => setMade(null)} />}
    </Page>
  );
}

function ChannelCard({ channel, onEdit }: { channel: Channel; onEdit: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const [testing, setTesting] = useState(false);
  const [removing, setRemoving] = useState(false);
  const Icon = icons[channel.kind];
  const path = { id: channel.id };
  const test = async () => {
    setTesting(true);
    try {
      await api.POST('/api/v1/channels/{id}/test', { params: { path } });
      toast.done(`#${channel.name} took the test message.`);
    } catch (error) {
      toast.failed('The test message was not taken', asProblem(error));
    }
    setTesting(false);
  };
  const remove = async () => {
    try {
      await api.DELETE('/api/v1/channels/{id}', { params: { path } });
      toast.done(`#${channel.name} is gone.`);
    } catch (error) {
      toast.failed('Nothing was changed', asProblem(error));
    }
    setRemoving(false);
    await client.invalidateQueries({ queryKey: notificationKeys.channels });
  };
  return (
    <li className={layout.card}>
      <div className={layout.head}>
        <Text fw={600} size="sm">
          <Icon size={17} stroke={1.7} aria-hidden style={{ verticalAlign: -3, marginInlineEnd: 6 }} />
          <Foreign text={`#${channel.name}`} />
        </Text>
        {!channel.enabled && (
          <span className={layout.chip} data-warn>
            Off
          </span>
        )}
      </div>
      <Text size="sm" c="dimmed">
        {kindWords[channel.kind]}, {everyWords[channel.every]}, to <Foreign text={channel.target} />
      </Text>
      <Group gap={6}>
        <Button size="compact-sm" variant="default" loading={testing} onClick={() => void test()} aria-label={`Send a test message to ${channel.name}`}>
          Send a test
        </Button>
        <Button size="compact-sm" variant="subtle" onClick={onEdit} aria-label={`Change ${channel.name}`}>
          Change
        </Button>
        <Button size="compact-sm" variant="subtle" onClick={() => setRemoving(true)} aria-label={`Remove ${channel.name}`}>
          Remove
        </Button>
      </Group>
      {removing && (
        <Modal opened onClose={() => setRemoving(false)} title={`Remove #${channel.name}?`} size="sm">
          <Stack gap="sm">
            <Text size="sm">Rules that still tell it of reviews tell nobody in its place.</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setRemoving(false)}>
                Cancel
              </Button>
              <Button color="red" onClick={() => void remove()}>
                Remove
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </li>
  );
}

const targetWords: Record<Channel['kind'], { label: string; placeholder: string; help: string }> = {
  slack: { label: 'Incoming webhook of Slack', placeholder: 'https://hooks.slack.com/services/…', help: 'In Slack: Apps, Incoming Webhooks, Add to a channel. It is a secret and is never shown whole again.' },
  webhook: { label: 'Address', placeholder: 'https://example.com/bedside', help: 'Messages are signed; you get the secret once when you save.' },
  email: { label: 'E-mail address', placeholder: 'front-desk@example.com', help: 'A shared mailbox or a distribution list.' },
};

function ChannelForm({ channel, onClose, onMade }: { channel: Channel | null; onClose: () => void; onMade: (channel: Channel) => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const [input, setInput] = useState<ChannelInput>(channel ? { name: channel.name, kind: channel.kind, every: channel.every, enabled: channel.enabled, target: '' } : { name: '', kind: 'slack', target: '', every: 'instant', enabled: true });
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState('');
  const nameFault = /^[a-z0-9][a-z0-9-]*$/.test(input.name) ? '' : 'Small letters, digits and dashes, such as front-desk.';
  const targetFault = input.target || channel ? '' : 'Say where it goes.';
  const target = targetWords[input.kind];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (nameFault || targetFault) return;
    setSaving(true);
    try {
      if (channel) await dataOf(api.PUT('/api/v1/channels/{id}', { params: { path: { id: channel.id }, query: { rev: channel.rev } }, body: input }));
      else onMade(await dataOf(api.POST('/api/v1/channels', { body: input })));
      toast.done(`#${input.name} is saved.`);
      onClose();
    } catch (error) {
      const problem = asProblem(error);
      setRefused(`${problem.message} ${problem.advice}`);
      setSaving(false);
    }
    await client.invalidateQueries({ queryKey: notificationKeys.channels });
  };
  return (
    <Modal opened onClose={onClose} title={channel ? `Change #${channel.name}` : 'A new channel'} size="md">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <Select label="Kind" disabled={Boolean(channel)} allowDeselect={false} comboboxProps={{ withinPortal: false }} data={Object.entries(kindWords).map(([value, label]) => ({ value, label }))} value={input.kind} onChange={(value) => value && setInput({ ...input, kind: value as Channel['kind'], target: '' })} />
          <TextInput data-autofocus label="Name" description="What the follow-up rules call it. It stays." disabled={Boolean(channel)} placeholder="front-desk" maxLength={60} value={input.name} onChange={(event) => setInput({ ...input, name: event.currentTarget.value.toLowerCase().replace(/\s+/g, '-') })} error={checked && nameFault} />
          <TextInput label={target.label} description={channel ? `Now ${channel.target}. Leave it empty to keep it.` : target.help} placeholder={target.placeholder} maxLength={2000} value={input.target ?? ''} onChange={(event) => setInput({ ...input, target: event.currentTarget.value.trim() })} error={checked && targetFault} />
          <Select label="Messages" allowDeselect={false} comboboxProps={{ withinPortal: false }} data={Object.entries(everyWords).map(([value, label]) => ({ value, label: label.charAt(0).toUpperCase() + label.slice(1) }))} value={input.every} onChange={(value) => value && setInput({ ...input, every: value as Channel['every'] })} />
          <Switch label="On" checked={input.enabled} onChange={(event) => setInput({ ...input, enabled: event.currentTarget.checked })} />
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

function SecretDialog({ channel, secret, onClose }: { channel: Channel; secret: string; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={`The secret of #${channel.name}`} size="md" closeOnClickOutside={false}>
      <Stack gap="sm">
        <Text size="sm">Give it to the program that receives the messages, so that it can check who sent them. It is shown this once.</Text>
        <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <Group justify="flex-end">
          <CopyButton value={secret} timeout={4000}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
