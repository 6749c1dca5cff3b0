import { Button, Group, Modal, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Location, LocationPatch } from '../api/types';
import { foreignLink } from '../review/links';
import { byDay, dayFault, joinDays, weekdays, weekdayWords } from './hours';
import { useChangeRecord } from './useChangeRecord';
import classes from './Accuracy.module.css';

/** The location's own record: what sites are compared with. */
export function RecordForm({ location, onClose }: { location: Location; onClose: () => void }) {
  const [name, setName] = useState(location.name);
  const [telephone, setTelephone] = useState(location.telephone ?? '');
  const [website, setWebsite] = useState(location.website ?? '');
  const [address, setAddress] = useState(location.address ?? {});
  const readable = byDay(location.hours);
  const [days, setDays] = useState<string[]>(() => readable ?? weekdays.map(() => ''));
  const [replaceHours, setReplaceHours] = useState(readable !== null);
  const [accepts, setAccepts] = useState(location.accepts_new_patients === undefined ? '' : location.accepts_new_patients ? 'yes' : 'no');
  const [categories, setCategories] = useState<string[]>(location.categories);
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState(false);
  const change = useChangeRecord();

  const siteFault = website.trim() && !foreignLink(website.trim()) ? 'Begin it with https://.' : undefined;
  const faulty = !name.trim() || Boolean(siteFault) || (replaceHours && days.some(dayFault));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (faulty || saving) return;
    const patch: Omit<LocationPatch, 'rev'> = {
      name: name.trim(),
      telephone: telephone.trim(),
      website: website.trim(),
      address: Object.fromEntries(Object.entries(address).map(([key, value]) => [key, value?.trim()])),
      accepts_new_patients: accepts === '' ? null : accepts === 'yes',
      categories,
      ...(replaceHours ? { hours: joinDays(days) } : {}),
    };
    setSaving(true);
    const done = await change(location, patch, 'Our record is changed; the sites are compared with it within a minute.');
    setSaving(false);
    if (done) onClose();
  };
  const part = (key: keyof typeof address, label: string) => (
    <TextInput label={label} value={address[key] ?? ''} maxLength={key === 'street' ? 300 : 100} onChange={(event) => setAddress({ ...address, [key]: event.currentTarget.value })} />
  );

  return (
    <Modal opened onClose={onClose} title={`Our record of ${location.name}`} size="lg">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            What is left empty is not compared.
          </Text>
          <TextInput data-autofocus label="Name" required value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} error={checked && !name.trim() && 'The location needs a name.'} />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput label="Phone" type="tel" value={telephone} maxLength={50} onChange={(event) => setTelephone(event.currentTarget.value)} />
            <TextInput label="Web site" type="url" placeholder="https://" value={website} maxLength={2000} onChange={(event) => setWebsite(event.currentTarget.value)} error={checked && siteFault} />
            {part('street', 'Street and suite')}
            {part('locality', 'Town')}
            {part('region', 'State or province')}
            {part('postal_code', 'Postal code')}
            {part('country', 'Country')}
            <Select
              label="Accepts new patients"
              data={[
                { value: '', label: 'Not said' },
                { value: 'yes', label: 'Yes' },
                { value: 'no', label: 'No' },
              ]}
              value={accepts}
              allowDeselect={false}
              onChange={(value) => setAccepts(value ?? '')}
            />
          </SimpleGrid>
          <TagsInput label="Categories" description="Such as dentist or optometrist. Press Enter after each." value={categories} onChange={setCategories} maxTags={20} />
          <fieldset className={classes.hours}>
            <legend>Opening hours</legend>
            {replaceHours ? (
              days.map((text, i) => (
                <TextInput
                  key={weekdays[i]}
                  label={weekdayWords[i]}
                  placeholder="closed"
                  size="xs"
                  value={text}
                  onChange={(event) => setDays(days.map((old, j) => (j === i ? event.currentTarget.value : old)))}
                  error={checked && dayFault(text)}
                />
              ))
            ) : (
              <Group gap="xs">
                <Text size="sm">{location.hours.join('; ')}</Text>
                <Button size="compact-sm" variant="default" onClick={() => setReplaceHours(true)}>
                  Write them anew
                </Button>
              </Group>
            )}
          </fieldset>
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
