import { Button, Group, Modal, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { keys, useOrganization } from '../api/queries';
import type { ListingInput } from '../api/types';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { foreignLink } from '../review/links';
import { siteKey, siteOfURL } from './header';

const intervals = [
  { value: '0', label: 'The usual interval' },
  { value: '300', label: 'Every 5 minutes' },
  { value: '3600', label: 'Every hour' },
  { value: '21600', label: 'Every 6 hours' },
  { value: '86400', label: 'Once a day' },
];
const googleRef = /^accounts\/[^/\s]+\/locations\/[^/\s]+$/;

export function AddListing({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Watch a listing" size="md">
      <ListingForm onDone={onClose} />
    </Modal>
  );
}

function ListingForm({ onDone }: { onDone: () => void }) {
  const { locations } = useOrganization();
  const client = useQueryClient();
  const toast = useToast();
  const [adapter, setAdapter] = useState<ListingInput['adapter']>('directory');
  const [location, setLocation] = useState<string | null>(locations.length === 1 ? (locations[0]?.id ?? null) : null);
  const [ref, setRef] = useState('');
  const [site, setSite] = useState<string | null>(null);
  const [credential, setCredential] = useState('');
  const [interval, setInterval] = useState('0');
  const [checked, setChecked] = useState(false);

  const address = ref.trim();
  const siteValue = adapter === 'google' ? 'google' : siteKey(site ?? siteOfURL(address));
  const faults = {
    location: location ? undefined : 'Choose the location that is reviewed there.',
    ref:
      adapter === 'google'
        ? googleRef.test(address) ? undefined : 'Write it as accounts/…/locations/…, as the Business Profile shows it.'
        : foreignLink(address) ? undefined : 'Give the full address of the page, beginning with https://.',
    site: siteValue ? undefined : 'Give the site a name of letters and digits.',
  };
  const add = useMutation({
    mutationFn: (body: ListingInput) => api.POST('/api/v1/listings', { body }),
    onSuccess: async () => {
      toast.done('The listing is watched; its first reading follows within seconds.');
      onDone();
      await client.invalidateQueries({ queryKey: keys.listings });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!location || faults.ref || faults.site || add.isPending) return;
    add.mutate({
      adapter,
      location_id: location,
      site: siteValue,
      ref: address,
      credential: adapter === 'google' && credential.trim() ? credential.trim() : undefined,
      interval_seconds: Number(interval),
    });
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <SegmentedControl
          fullWidth
          aria-label="Kind of listing"
          value={adapter}
          onChange={(value) => setAdapter(value as ListingInput['adapter'])}
          data={[
            { value: 'directory', label: 'Directory page' },
            { value: 'google', label: 'Google profile' },
          ]}
        />
        <Select
          label="Location"
          required
          data={locations.map(({ id, name }) => ({ value: id, label: name }))}
          value={location}
          onChange={setLocation}
          searchable={locations.length > 8}
          error={checked && faults.location}
        />
        {adapter === 'directory' ? (
          <>
            <TextInput
              label="Address of the page"
              description="The public page of this location, with its reviews on it."
              required
              type="url"
              inputMode="url"
              placeholder="https://www.example.com/dentists/lakeside"
              value={ref}
              onChange={(event) => setRef(event.currentTarget.value)}
              error={checked && faults.ref}
            />
            <TextInput
              label="Name of the site"
              description="Reviews are shown and filtered under it."
              value={site ?? siteOfURL(address)}
              maxLength={50}
              onChange={(event) => setSite(event.currentTarget.value)}
              error={checked && !faults.ref && faults.site}
            />
          </>
        ) : (
          <>
            <TextInput
              label="Location in the Business Profile"
              description="Its resource name in the Google Business Profile."
              required
              placeholder="accounts/123/locations/456"
              value={ref}
              onChange={(event) => setRef(event.currentTarget.value)}
              error={checked && faults.ref}
            />
            <TextInput
              label="Name of the credential"
              description="The name under which Bedside’s configuration keeps the secret; never the secret itself."
              value={credential}
              maxLength={100}
              autoComplete="off"
              onChange={(event) => setCredential(event.currentTarget.value)}
            />
          </>
        )}
        <Select label="Read it" data={intervals} value={interval} allowDeselect={false} onChange={(value) => value && setInterval(value)} />
        {add.error && <Failure error={add.error} title="The listing was not added" />}
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Watch it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
