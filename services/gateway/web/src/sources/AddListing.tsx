import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { keys, useOrganization } from '../api/queries';
import type { ListingInput } from '../api/types';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { adapters, addressIn, type Adapter } from './adapters';
import { siteKey, siteOfURL } from './header';

const intervals = [
  { value: '0', label: 'The usual interval' },
  { value: '300', label: 'Every 5 minutes' },
  { value: '3600', label: 'Every hour' },
  { value: '21600', label: 'Every 6 hours' },
  { value: '86400', label: 'Once a day' },
];
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
  const [adapter, setAdapter] = useState<Adapter>('directory');
  const [location, setLocation] = useState<string | null>(locations.length === 1 ? (locations[0]?.id ?? null) : null);
  const [ref, setRef] = useState('');
  const [site, setSite] = useState<string | null>(null);
  const [credential, setCredential] = useState('');
  const [interval, setInterval] = useState('0');
  const [checked, setChecked] = useState(false);

  const help = adapters[adapter];
  const address = ref.trim();
  const siteValue = help.site ?? siteKey(site ?? siteOfURL(addressIn(address)));
  const faults = {
    location: location ? undefined : 'Choose the location that is reviewed there.',
    ref: help.fault(address),
    site: siteValue ? undefined : 'Give the site a name of letters and digits.',
    credential: help.credential && !credential.trim() ? 'Name the credential that Bedside’s configuration keeps for it.' : undefined,
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
    if (!location || faults.ref || faults.site || faults.credential || add.isPending) return;
    add.mutate({
      adapter,
      location_id: location,
      site: siteValue,
      ref: address,
      credential: help.credential ? credential.trim() : undefined,
      interval_seconds: Number(interval),
    });
  };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Select
          label="Kind of listing"
          data={Object.entries(adapters).map(([value, { label }]) => ({ value, label }))}
          value={adapter}
          allowDeselect={false}
          onChange={(value) => {
            if (!value) return;
            setAdapter(value as Adapter);
            setRef('');
            setSite(null);
            setChecked(false);
          }}
          description={help.note}
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
        <TextInput
          label={help.refLabel}
          description={help.refHelp}
          required
          placeholder={help.placeholder}
          value={ref}
          onChange={(event) => setRef(event.currentTarget.value)}
          error={checked && faults.ref}
        />
        {!help.site && (
          <TextInput
            label="Name of the site"
            description="Reviews are shown and filtered under it."
            value={site ?? siteOfURL(addressIn(address))}
            maxLength={50}
            onChange={(event) => setSite(event.currentTarget.value)}
            error={checked && !faults.ref && faults.site}
          />
        )}
        {help.credential && (
          <TextInput
            label="Name of the credential"
            description={`${help.credential} Give the name under which Bedside’s configuration keeps it; never the secret itself.`}
            required
            value={credential}
            maxLength={100}
            autoComplete="off"
            onChange={(event) => setCredential(event.currentTarget.value)}
            error={checked && faults.credential}
          />
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
