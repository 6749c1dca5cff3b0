import { Anchor, Button, Group, Menu, Modal, SegmentedControl, Select, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconCircleCheck, IconDots, IconExternalLink, IconPencil } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { findingsQuery, keys, listingsQuery, useOrganization, type FindingFilters } from '../api/queries';
import type { Finding, FindingField, Location } from '../api/types';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { foreignLink } from '../review/links';
import { SourcesLayout, useMayConfigure } from '../sources/SourcesLayout';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { siteName } from '../words/words';
import classes from './Accuracy.module.css';
import { RecordForm } from './RecordForm';
import { takeTheirs } from './takeTheirs';
import { useChangeRecord } from './useChangeRecord';

export const fieldWords: Record<FindingField, string> = {
  name: 'Name', telephone: 'Phone', address: 'Address', hours: 'Opening hours', website: 'Web site', accepts_new_patients: 'New patients', categories: 'Categories', listing: 'Duplicate listing',
};

/** Where sites show something else than the practice says of itself, to be worked through one by one. */
export function AccuracyPage() {
  const [filters, setFilters] = useState<FindingFilters>({ show: 'open' });
  const findings = useInfiniteQuery(findingsQuery(filters));
  const { locations } = useOrganization();
  const [editing, setEditing] = useState<Location | null>(null);
  const [ignoring, setIgnoring] = useState<Finding | null>(null);
  const mayConfigure = useMayConfigure();
  const items = findings.data?.pages.flatMap((page) => page.items) ?? [];
  const counts = findings.data?.pages[0]?.counts;
  const groups = locations.map((location) => ({ location, items: items.filter((f) => f.location_id === location.id) })).filter((group) => group.items.length > 0);
  const filtered = Boolean(filters.location_id || filters.site || filters.field);

  return (
    <SourcesLayout title="Accuracy" action={<RecordMenu locations={locations} onEdit={setEditing} mayConfigure={mayConfigure} />}>
      <Text size="sm" c="dimmed" maw={640} mb="sm">
        Name, phone, address, hours and more, as each site shows them, beside your own record. What was put right disappears by itself when the site is read next.
      </Text>
      <Group gap="xs" mb="md" align="flex-end">
        <SegmentedControl
          size="xs"
          aria-label="Which differences"
          value={filters.show}
          onChange={(show) => setFilters({ ...filters, show: show as FindingFilters['show'] })}
          data={[
            { value: 'open', label: `To do${counts ? ` (${counts.open.toLocaleString('en-US')})` : ''}` },
            { value: 'dismissed', label: `Ignored${counts ? ` (${counts.dismissed.toLocaleString('en-US')})` : ''}` },
            { value: 'resolved', label: 'Put right' },
          ]}
        />
        <Choice label="Location" value={filters.location_id} values={counts?.location_id.map((v) => v.value)} name={(id) => locations.find((l) => l.id === id)?.name ?? id} onChange={(location_id) => setFilters({ ...filters, location_id })} />
        <Choice label="Site" value={filters.site} values={counts?.site.map((v) => v.value)} name={siteName} onChange={(site) => setFilters({ ...filters, site })} />
        <Choice label="What" value={filters.field} values={counts?.field.map((v) => v.value)} name={(v) => fieldWords[v as FindingField] ?? v} onChange={(field) => setFilters({ ...filters, field: field as FindingField | undefined })} />
      </Group>
      {findings.isError && !findings.data && <Failure error={findings.error} title="The differences could not be loaded" retry={() => void findings.refetch()} />}
      {findings.isPending && <Skeleton h={160} radius="lg" role="status" aria-label="Loading the differences" />}
      {findings.data && groups.length === 0 && (
        <Empty
          icon={<IconCircleCheck size={42} stroke={1.3} />}
          title={filtered ? 'Nothing with these filters' : { open: 'Everything matches', dismissed: 'Nothing is ignored', resolved: 'Nothing was put right yet' }[filters.show]}
          actions={
            filtered ? (
              <Button variant="default" onClick={() => setFilters({ show: filters.show })}>
                Clear the filters
              </Button>
            ) : filters.show === 'open' ? (
              <Button component={Link} to="/sources/listings" variant="default">
                See the listings
              </Button>
            ) : undefined
          }
        >
          {filters.show === 'open' && 'The sites that are read show what your own record says, as far as they show it at all. The more your record says, the more is compared.'}
        </Empty>
      )}
      <Stack gap="xl">
        {groups.map(({ location, items: of }) => (
          <section key={location.id} aria-labelledby={`at-${location.id}`}>
            <Group justify="space-between" mb="xs" gap="xs">
              <Title order={2} id={`at-${location.id}`}>
                <Foreign text={location.name} />
              </Title>
              {mayConfigure && (
                <Button size="compact-sm" variant="subtle" leftSection={<IconPencil size={15} aria-hidden />} onClick={() => setEditing(location)} aria-label={`Our record of ${location.name}`}>
                  Our record
                </Button>
              )}
            </Group>
            <ul className={classes.list} aria-label={`Differences at ${location.name}`}>
              {of.map((finding) => (
                <FindingCard key={finding.id} finding={finding} location={location} mayConfigure={mayConfigure} onEdit={() => setEditing(location)} onIgnore={() => setIgnoring(finding)} />
              ))}
            </ul>
          </section>
        ))}
      </Stack>
      {findings.hasNextPage && (
        <Group justify="center" mt="lg">
          <Button variant="default" loading={findings.isFetchingNextPage} onClick={() => void findings.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      )}
      {editing && <RecordForm key={editing.id} location={editing} onClose={() => setEditing(null)} />}
      {ignoring && <IgnoreDialog finding={ignoring} onClose={() => setIgnoring(null)} />}
    </SourcesLayout>
  );
}

type ChoiceProps = { label: string; value: string | undefined; values: string[] | undefined; name: (value: string) => string; onChange: (value: string | undefined) => void };

function Choice({ label, value, values = [], name, onChange }: ChoiceProps) {
  const all = [...new Set([...values, ...(value ? [value] : [])])];
  if (all.length < 2 && !value) return null;
  return <Select size="xs" aria-label={label} placeholder={label} clearable w={150} data={all.map((v) => ({ value: v, label: name(v) }))} value={value ?? null} onChange={(v) => onChange(v ?? undefined)} />;
}

function RecordMenu({ locations, onEdit, mayConfigure }: { locations: readonly Location[]; onEdit: (location: Location) => void; mayConfigure: boolean }) {
  if (!mayConfigure || locations.length === 0) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<IconPencil size={16} aria-hidden />}>
          Our record
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflow: 'auto' }}>
        {locations.map((location) => (
          <Menu.Item key={location.id} onClick={() => onEdit(location)}>
            <Foreign text={location.name} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

type CardProps = { finding: Finding; location: Location; mayConfigure: boolean; onEdit: () => void; onIgnore: () => void };

function FindingCard({ finding, location, mayConfigure, onEdit, onIgnore }: CardProps) {
  const listing = useQuery(listingsQuery).data?.items.find((l) => l.id === finding.listing_id);
  const changeRecord = useChangeRecord();
  const client = useQueryClient();
  const toast = useToast();
  const link = foreignLink(finding.url);
  const patch = takeTheirs(finding, listing, location);
  const what = fieldWords[finding.field] ?? finding.field;
  const where = siteName(finding.site);
  const restore = async () => {
    try {
      await api.DELETE('/api/v1/listings/findings/{id}/dismiss', { params: { path: { id: finding.id } } });
      toast.done('It is on the list again.');
    } catch (error) {
      toast.failed('Nothing was changed', asProblem(error));
    }
    await client.invalidateQueries({ queryKey: keys.findings });
  };
  return (
    <li className={classes.card}>
      <div className={classes.head}>
        <Text fw={600} size="sm">
          {what} on <Foreign text={where} />
        </Text>
        <Text size="xs" c="dimmed">
          {finding.resolved_at ? 'put right ' : 'since '}
          <RelativeTime at={finding.resolved_at ?? finding.since} timeZone={location.time_zone} />
        </Text>
      </div>
      <dl className={classes.values}>
        <div>
          <dt>{finding.kind === 'duplicate' ? 'First listing' : 'Our record'}</dt>
          <dd>
            <Foreign text={finding.ours} />
          </dd>
        </div>
        <div data-theirs>
          <dt>{finding.kind === 'duplicate' ? 'The same place again' : 'The site shows'}</dt>
          <dd>{finding.kind === 'missing' ? <em>nothing</em> : <Foreign text={finding.theirs} />}</dd>
        </div>
      </dl>
      {finding.dismissal && (
        <Text size="xs" c="dimmed">
          Ignored by <Foreign text={finding.dismissal.by.name || 'a former colleague'} />
          {finding.dismissal.reason && (
            <>
              : <Foreign text={finding.dismissal.reason} />
            </>
          )}
        </Text>
      )}
      <Group gap={6} justify="space-between">
        {link ? (
          <Anchor href={link} target="_blank" rel="noopener noreferrer nofollow" size="sm">
            {finding.kind === 'duplicate' ? 'See it' : 'Correct it on the site'} <IconExternalLink size={13} aria-label="(new tab)" />
          </Anchor>
        ) : (
          <span />
        )}
        {mayConfigure && finding.open && !finding.dismissal && (
          <Group gap={6}>
            {finding.kind === 'differs' && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => (patch ? void changeRecord(location, patch, `Our record now says what ${where} shows.`) : onEdit())}
                aria-label={patch ? `Take ${what.toLowerCase()} from ${where} into our record` : `Change ${what.toLowerCase()} in our record`}
              >
                {patch ? 'The site is right' : 'Change our record'}
              </Button>
            )}
            <Button size="compact-sm" variant="subtle" leftSection={<IconDots size={15} aria-hidden />} onClick={onIgnore} aria-label={`Ignore ${what.toLowerCase()} on ${where}`}>
              Ignore
            </Button>
          </Group>
        )}
        {mayConfigure && finding.open && finding.dismissal && (
          <Button size="compact-sm" variant="default" onClick={() => void restore()}>
            Put it back on the list
          </Button>
        )}
      </Group>
    </li>
  );
}

function IgnoreDialog({ finding, onClose }: { finding: Finding; onClose: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const path = { id: finding.id };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    try {
      await dataOf(api.POST('/api/v1/listings/findings/{id}/dismiss', { params: { path }, body: { reason: reason.trim() || undefined } }));
      toast.done('It is ignored while both say the same.', async () => {
        try {
          await api.DELETE('/api/v1/listings/findings/{id}/dismiss', { params: { path } });
          toast.done('Undone.');
        } catch (error) {
          toast.failed('It could not be undone', asProblem(error));
        }
        await client.invalidateQueries({ queryKey: keys.findings });
      });
    } catch (error) {
      toast.failed('Nothing was changed', asProblem(error));
    }
    onClose();
    await client.invalidateQueries({ queryKey: keys.findings });
  };
  return (
    <Modal opened onClose={onClose} title="Ignore this difference?" size="sm">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <Text size="sm">It comes back when the site shows something else, or your record says something else.</Text>
          <Textarea data-autofocus label="Why (optional)" autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={sending}>
              Ignore it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

