import { Alert, Anchor, Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  IconAlertTriangle, IconCircleCheck, IconClock, IconCircleDashed, IconExternalLink, IconLock, IconPlayerPause, IconPlayerPlay, IconPlus, IconRefresh, IconTrash, IconVolumeOff, IconWorldSearch,
} from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys, listingsQuery, useOrganization } from '../api/queries';
import type { Listing } from '../api/types';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { useToast } from '../app/toast';
import { foreignLink } from '../review/links';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { relativeTime } from '../time/format';
import { RelativeTime } from '../time/Time';
import { count, healthWords, humanise, siteName } from '../words/words';
import { AddListing } from './AddListing';
import classes from './Sources.module.css';
import { SourcesLayout, useMayConfigure } from './SourcesLayout';

export function ListingsPage() {
  const listings = useQuery(listingsQuery);
  const mayConfigure = useMayConfigure();
  const [adding, add] = useDisclosure(false);
  const [leaving, setLeaving] = useState<Listing | null>(null);
  const { locationOf } = useOrganization();
  // An import is read like a listing; it has a page of its own.
  const items = listings.data?.items
    .filter((listing) => listing.adapter !== 'csv')
    .sort((a, b) => rank(b) - rank(a) || a.created_at.localeCompare(b.created_at));
  const alarms = items?.filter((listing) => listing.enabled && listing.alarm).length ?? 0;
  const button = mayConfigure && (
    <Button leftSection={<IconPlus size={17} aria-hidden />} onClick={add.open}>
      Watch a listing
    </Button>
  );

  return (
    <SourcesLayout title="Listings" action={items?.length ? button : null}>
      {listings.isError && !items && <Failure error={listings.error} title="The listings could not be loaded" retry={() => void listings.refetch()} />}
      {listings.isPending && <Waiting />}
      {items?.length === 0 && (
        <Empty
          icon={<IconWorldSearch size={42} stroke={1.3} />}
          title="No listing is watched yet"
          actions={
            <>
              {button}
              <Button component={Link} to="/sources/imports" variant="default">
                Import a file instead
              </Button>
            </>
          }
        >
          A listing is one of your locations on a review site: its Google Business Profile, or its page in a directory. Bedside reads it politely and regularly, and new
          reviews appear in the inbox.
          {!mayConfigure && ' Ask a manager or administrator to add one.'}
        </Empty>
      )}
      {alarms > 0 && (
        <Alert color="red" variant="light" mb="sm" icon={<IconAlertTriangle size={18} aria-hidden />} title={`${count(alarms, 'listing')} need${alarms === 1 ? 's' : ''} somebody`} classNames={{ title: 'bs-alert-title' }} role="status">
          New reviews there are not heard of until it is put right. Each says below what to do.
        </Alert>
      )}
      {items && items.length > 0 && (
        <ul className={classes.list} aria-label="Listings">
          {items.map((listing) => (
            <ListingCard
              key={listing.id}
              listing={listing}
              locationName={locationOf(listing.location_id)?.name}
              timeZone={locationOf(listing.location_id)?.time_zone ?? 'UTC'}
              mayConfigure={mayConfigure}
              onLeave={() => setLeaving(listing)}
            />
          ))}
        </ul>
      )}
      <AddListing opened={adding} onClose={add.close} />
      <LeaveListing listing={leaving} onClose={() => setLeaving(null)} />
    </SourcesLayout>
  );
}

/** What needs somebody comes first, then what is not well. */
const rank = (l: Listing) => (l.enabled && l.alarm ? 2 : 0) + (l.enabled && l.health !== 'ok' && l.health !== 'new' ? 1 : 0);

const healthIcons: Record<string, typeof IconClock> = {
  new: IconCircleDashed, ok: IconCircleCheck, late: IconClock, rate_limited: IconClock, not_authorised: IconLock, changed_shape: IconAlertTriangle, silent: IconVolumeOff, ended: IconAlertTriangle,
};

function Health({ listing }: { listing: Listing }) {
  if (!listing.enabled) {
    return (
      <span className={classes.health} data-health="paused">
        <IconPlayerPause size={15} aria-hidden /> Paused
      </span>
    );
  }
  const Icon = healthIcons[listing.health] ?? IconCircleDashed;
  return (
    <span className={classes.health} data-health={listing.health}>
      <Icon size={16} aria-hidden /> {healthWords[listing.health] ?? humanise(listing.health)}
    </span>
  );
}

type CardProps = { listing: Listing; locationName: string | undefined; timeZone: string; mayConfigure: boolean; onLeave: () => void };

function ListingCard({ listing, locationName, timeZone, mayConfigure, onLeave }: CardProps) {
  const client = useQueryClient();
  const toast = useToast();
  const now = useNow();
  const link = foreignLink(listing.ref);
  const { facts } = listing;
  const name = `${siteName(listing.site)}, ${locationName ?? 'unknown location'}`;
  const pause = useMutation({
    mutationFn: (enabled: boolean) => api.PATCH('/api/v1/listings/{id}', { params: { path: { id: listing.id } }, body: { enabled } }),
    onSuccess: (_answer, enabled) => toast.done(enabled ? `${name} is watched again.` : `${name} is paused.`),
    onError: (error) => toast.failed('Nothing was changed', asProblem(error)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.listings }),
  });
  const poll = useMutation({
    mutationFn: () => api.POST('/api/v1/listings/{id}/poll', { params: { path: { id: listing.id } } }),
    onSuccess: () => toast.done(`${name} is read within seconds.`),
    onError: (error) => toast.failed('It is not read right now', asProblem(error)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.listings }),
  });
  return (
    <li className={classes.card} data-alarm={listing.enabled && listing.alarm ? true : undefined}>
      <div className={classes.cardHead}>
        <div className={classes.names}>
          <Text fw={620}>
            <Foreign text={siteName(listing.site)} /> · <Foreign text={locationName ?? 'Unknown location'} />
          </Text>
          <Text size="xs" c="dimmed" component="div" className={classes.ref}>
            {link ? (
              <Anchor href={link} target="_blank" rel="noopener noreferrer nofollow" size="xs">
                <Foreign text={listing.ref} /> <IconExternalLink size={12} aria-label="(new tab)" />
              </Anchor>
            ) : (
              <Foreign text={listing.ref} />
            )}
          </Text>
        </div>
        <Health listing={listing} />
      </div>
      {listing.problem && listing.enabled && (
        <Alert color={listing.health === 'new' || listing.health === 'ok' ? 'gray' : 'orange'} variant="light" icon={<IconAlertTriangle size={17} aria-hidden />} p="xs" classNames={{ body: classes.problem }} role="note">
          <Foreign text={listing.problem} />
        </Alert>
      )}
      <div className={classes.cardFoot}>
        <dl className={classes.facts}>
          <Fact name="In the inbox">
            <Anchor component={Link} to={`/inbox?location_id=${encodeURIComponent(listing.location_id)}&site=${encodeURIComponent(listing.site)}`} size="sm">
              {count(listing.reviews ?? 0, 'review')}
            </Anchor>
          </Fact>
          {listing.enabled && listing.alarm && listing.alarm_since && (
            <Fact name="Not well since">
              <RelativeTime at={listing.alarm_since} timeZone={timeZone} />
            </Fact>
          )}
          {listing.last_heard_at && (
            <Fact name="Last news">
              <RelativeTime at={listing.last_heard_at} timeZone={timeZone} />
            </Fact>
          )}
          <Fact name="Last read">{listing.last_ok_at ? <RelativeTime at={listing.last_ok_at} timeZone={timeZone} /> : 'never'}</Fact>
          {listing.enabled && listing.due_at && <Fact name="Next read">{Date.parse(listing.due_at) < now + 60_000 ? 'within a minute' : relativeTime(listing.due_at, now)}</Fact>}
          {facts?.rating !== undefined && (
            <Fact name="On the site">
              {facts.rating.toLocaleString('en-US', { maximumFractionDigits: 1 })} of 5{facts.review_count ? `, ${count(facts.review_count, 'review')}` : ''}
            </Fact>
          )}
          {facts?.name && (
            <Fact name="Shown as">
              <Foreign text={[facts.name, facts.telephone].filter(Boolean).join(' · ')} />
            </Fact>
          )}
        </dl>
        {mayConfigure && (
          <Group gap={6} justify="flex-end">
            {listing.enabled && (
              <Button size="compact-sm" variant="default" loading={poll.isPending} leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => poll.mutate()} aria-label={`Read ${name} now`}>
                Read now
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="default"
              loading={pause.isPending}
              leftSection={listing.enabled ? <IconPlayerPause size={15} aria-hidden /> : <IconPlayerPlay size={15} aria-hidden />}
              onClick={() => pause.mutate(!listing.enabled)}
              aria-label={`${listing.enabled ? 'Pause' : 'Resume'} ${name}`}
            >
              {listing.enabled ? 'Pause' : 'Resume'}
            </Button>
            <Button size="compact-sm" variant="default" leftSection={<IconTrash size={15} aria-hidden />} onClick={onLeave} aria-label={`Stop watching ${name}`}>
              Stop watching
            </Button>
          </Group>
        )}
      </div>
    </li>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function LeaveListing({ listing, onClose }: { listing: Listing | null; onClose: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const leave = useMutation({
    mutationFn: (id: string) => api.DELETE('/api/v1/listings/{id}', { params: { path: { id } } }),
    onSuccess: () => toast.done('The listing is no longer watched.'),
    onError: (error) => toast.failed('Nothing was changed', asProblem(error)),
    onSettled: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: keys.listings });
    },
  });
  return (
    <Modal opened={listing !== null} onClose={onClose} title="Stop watching this listing?" size="sm">
      {listing && (
        <Stack>
          <Text size="sm">
            Bedside no longer reads <Foreign text={siteName(listing.site)} /> here. Its {count(listing.reviews ?? 0, 'review')} in the inbox stay, with their history.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              Keep it
            </Button>
            <Button color="red.9" loading={leave.isPending} onClick={() => leave.mutate(listing.id)}>
              Stop watching
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function Waiting() {
  return (
    <Stack role="status" aria-label="Loading">
      {[0, 1, 2].map((i) => (
        <Skeleton key={i} h={120} radius="lg" />
      ))}
    </Stack>
  );
}
