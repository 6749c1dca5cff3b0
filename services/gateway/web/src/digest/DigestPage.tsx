import { Anchor, Button, Group, Select, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { IconArrowDown, IconArrowUp, IconMail } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api, dataOf } from '../api/client';
import { useOrganization, useTopics } from '../api/queries';
import type { components } from '../api/schema.gen';
import { Failure } from '../app/Failure';
import { Page } from '../app/Page';
import layout from '../app/Page.module.css';
import { Foreign } from '../text/Foreign';
import { useNow } from '../time/clock';
import { absoluteTime, duration } from '../time/format';
import { count, siteName } from '../words/words';
import classes from './Digest.module.css';
import { recentWeeks, trend, weekOf, weekWords, type Trend } from './weeks';

type Digest = components['schemas']['Digest'];

const paramsOf = (week: string | null, location: string | null) => ({ query: { week: week ?? undefined, location_id: location ? [location] : undefined } });

const digestQuery = (week: string | null, location: string | null) =>
  queryOptions({
    queryKey: ['digest', week, location],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/digest', { params: paramsOf(week, location), signal })),
    staleTime: 60_000,
  });

const previewQuery = (week: string | null, location: string | null) =>
  queryOptions({
    queryKey: ['digest', 'preview', week, location],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/digest/preview', { params: paramsOf(week, location), parseAs: 'text', signal })),
    staleTime: 60_000,
  });

/** The week as the staff meeting wants it. */
export function DigestPage() {
  const [params, setParams] = useSearchParams();
  const week = params.get('week');
  const location = params.get('location_id');
  const digest = useQuery(digestQuery(week, location));
  const { locations } = useOrganization();
  const now = useNow();
  const [mail, setMail] = useState(false);
  const weeks = recentWeeks(now);
  const shown = week ?? digest.data?.week ?? weeks[1] ?? '';
  const set = (name: string, value: string | null) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  return (
    <Page
      title="Weekly digest"
      action={
        <Button variant="default" leftSection={<IconMail size={16} aria-hidden />} onClick={() => setMail(!mail)} aria-pressed={mail}>
          {mail ? 'Show the numbers' : 'Show the e-mail'}
        </Button>
      }
    >
      <Group gap="xs" mb="md">
        <Select
          size="sm"
          label="Week"
          w={280}
          allowDeselect={false}
          searchable
          comboboxProps={{ withinPortal: false }}
          data={[...new Set([...weeks, shown])].filter(Boolean).map((value) => ({ value, label: value === weekOf(now) ? `${weekWords(value)} (so far)` : weekWords(value) }))}
          value={shown}
          onChange={(value) => set('week', value)}
        />
        {locations.length > 1 && (
          <Select size="sm" label="Location" w={230} comboboxProps={{ withinPortal: false }} data={[{ value: '', label: 'All' }, ...locations.map(({ id, name }) => ({ value: id, label: name }))]} value={location ?? ''} allowDeselect={false} onChange={(value) => set('location_id', value)} />
        )}
      </Group>
      {digest.isError && !digest.data && <Failure error={digest.error} title="The digest could not be put together" retry={() => void digest.refetch()} />}
      {digest.isPending && <Skeleton h={260} radius="lg" role="status" aria-label="Putting the digest together" />}
      {digest.data && (mail ? <Mail week={week} location={location} /> : <Numbers digest={digest.data} />)}
    </Page>
  );
}

const decimals = (n: number) => n.toLocaleString('en-US', { maximumFractionDigits: 1 });
const whole = (n: number) => n.toLocaleString('en-US', { maximumFractionDigits: 0 });
/** The share of reviews with a public reply comes as 0 to 1. */
const share = (n: number) => `${Math.round(n * 100)}%`;
const time = (seconds: number) => duration(seconds * 1000);

function Numbers({ digest }: { digest: Digest }) {
  const { nameOf } = useTopics();
  const { locationOf, personOf } = useOrganization();
  const { moment } = digest;
  return (
    <Stack gap="xl">
      <Text fw={600}>
        <Foreign text={digest.title} />
      </Text>
      <dl className={classes.figures}>
        <Figure name="Reviews" value={whole(digest.reviews.now ?? 0)} trend={trend(digest.reviews.now, digest.reviews.before, whole)} />
        <Figure name="Average rating" value={digest.rating.now === null ? '–' : decimals(digest.rating.now)} trend={trend(digest.rating.now, digest.rating.before, decimals)} good="up" />
        <Figure name="Answered" value={digest.answered.now === null ? '–' : share(digest.answered.now)} trend={trend(digest.answered.now, digest.answered.before, share)} good="up" />
        <Figure name="Typical time to a reply" value={digest.median_reply_seconds.now === null ? '–' : time(digest.median_reply_seconds.now)} trend={trend(digest.median_reply_seconds.now, digest.median_reply_seconds.before, time)} good="down" />
        <Figure name="Overdue now" value={whole(digest.overdue)} trend={{ sign: 'none', text: digest.overdue > 0 ? 'cases are late' : 'nothing is late' }} />
      </dl>
      {moment && (
        <section aria-labelledby="moment">
          <Title order={2} id="moment" mb="xs">
            One moment worth reading out
          </Title>
          <figure className={classes.moment}>
            <blockquote>
              <Foreign text={moment.quote} />
            </blockquote>
            <figcaption>
              {siteName(moment.site)}
              {locationOf(moment.location_id) && (
                <>
                  {', '}
                  <Foreign text={locationOf(moment.location_id)?.name ?? ''} />
                </>
              )}{' '}
              <Anchor component={Link} to={`/reviews/${encodeURIComponent(moment.review_id)}`} size="sm">
                See the review
              </Anchor>
            </figcaption>
          </figure>
        </section>
      )}
      {digest.topics.length > 0 && (
        <section aria-labelledby="topics-of-week">
          <Title order={2} id="topics-of-week" mb="xs">
            What people spoke of
          </Title>
          <Table.ScrollContainer minWidth={300}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Topic</Table.Th>
                  <Table.Th>Positive</Table.Th>
                  <Table.Th>Negative</Table.Th>
                  <Table.Th>Mixed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {digest.topics.map((topic) => (
                  <Table.Tr key={topic.topic}>
                    <Table.Td>
                      <Foreign text={nameOf(topic.topic)} />
                    </Table.Td>
                    <Cell now={topic.positive} before={topic.before_positive} />
                    <Cell now={topic.negative} before={topic.before_negative} />
                    <Cell now={topic.mixed} before={topic.before_mixed} />
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      )}
      {digest.praised.length > 0 && (
        <section aria-labelledby="praised">
          <Title order={2} id="praised" mb="xs">
            Praised by name
          </Title>
          <Group gap={6}>
            {digest.praised.map((person) => (
              <span key={person.name} className={layout.chip} data-good>
                <Foreign text={person.name} />
                {person.count > 1 && ` ${person.count} times`}
              </span>
            ))}
          </Group>
        </section>
      )}
      {digest.commitments.length > 0 && (
        <section aria-labelledby="promised">
          <Title order={2} id="promised" mb="xs">
            Still promised
          </Title>
          <ul className={layout.list}>
            {digest.commitments.map((commitment) => (
              <li key={commitment.id} className={layout.card}>
                <div className={layout.head}>
                  <Text size="sm" fw={550}>
                    <Foreign text={commitment.text} />
                  </Text>
                  <Text size="xs" c="dimmed">
                    <Foreign text={personOf(commitment.owner_id)?.name ?? 'A former colleague'} />, by {absoluteTime(commitment.due_at, locationOf(commitment.location_id ?? '')?.time_zone ?? 'UTC')}
                  </Text>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      {digest.locations.length > 1 && (
        <section aria-labelledby="each-location">
          <Title order={2} id="each-location" mb="xs">
            Each location
          </Title>
          <Table.ScrollContainer minWidth={300}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Location</Table.Th>
                  <Table.Th>Reviews</Table.Th>
                  <Table.Th>Rating</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {digest.locations.map((location) => (
                  <Table.Tr key={location.location_id}>
                    <Table.Td>
                      <Foreign text={location.name} />
                    </Table.Td>
                    <Cell now={location.reviews.now ?? 0} before={location.reviews.before ?? 0} />
                    <Table.Td>{location.rating.now === null ? '–' : decimals(location.rating.now)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      )}
      {digest.reviews.now === 0 && <Text c="dimmed">{count(0, 'review')} this week. The newest are in the inbox.</Text>}
    </Stack>
  );
}

function Cell({ now, before }: { now: number; before: number }) {
  return (
    <Table.Td>
      {now} <Arrow sign={now > before ? 'up' : now < before ? 'down' : 'same'} before={before} />
    </Table.Td>
  );
}

function Arrow({ sign, before }: { sign: Trend['sign']; before: number }) {
  if (sign !== 'up' && sign !== 'down') return null;
  const Icon = sign === 'up' ? IconArrowUp : IconArrowDown;
  return <Icon size={13} className={classes.arrow} aria-label={`${sign}, ${before} the week before`} />;
}

function Figure({ name, value, trend: { sign, text }, good }: { name: string; value: string; trend: Trend; good?: 'up' | 'down' }) {
  const Icon = sign === 'up' ? IconArrowUp : sign === 'down' ? IconArrowDown : null;
  return (
    <div className={classes.figure}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span data-good={good && sign === good ? true : undefined}>
          {Icon && <Icon size={13} aria-label={sign === 'up' ? 'up,' : 'down,'} />} {text}
        </span>
      </dd>
    </div>
  );
}

/** The e-mail in a frame that may do nothing at all. */
function Mail({ week, location }: { week: string | null; location: string | null }) {
  const preview = useQuery(previewQuery(week, location));
  if (preview.isError && preview.data === undefined) return <Failure error={preview.error} title="The e-mail could not be shown" retry={() => void preview.refetch()} />;
  if (preview.data === undefined) return <Skeleton h={400} radius="lg" role="status" aria-label="Loading the e-mail" />;
  return <iframe className={classes.mail} title="The digest as an e-mail" sandbox="" srcDoc={preview.data} />;
}
