import { Alert, Anchor, Skeleton, Stack, Table, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useOrganization } from '../api/queries';
import { Failure } from '../app/Failure';
import { Foreign } from '../text/Foreign';
import { count, siteName } from '../words/words';
import { Faults } from './Faults';
import type { RoutingOutcome, RoutingTrialResult } from './plan';
import { either } from './sentences';

type Props = { result: RoutingTrialResult | undefined; error: unknown; retry: () => void };

/** What a plan would do with the latest reviews: the faults, or the reviews that would go elsewhere. */
export function Trial({ result, error, retry }: Props) {
  const { locationOf } = useOrganization();
  if (error) return <Failure error={error} title="It could not be tried" retry={retry} />;
  if (!result) return <Skeleton h={120} radius="md" role="status" aria-label="Trying it with recent reviews" />;
  if (result.faults.length > 0) {
    return (
      <Alert role="alert" color="red" variant="light" title={`${count(result.faults.length, 'thing')} to put right first`} classNames={{ title: 'bs-alert-title' }}>
        <Faults faults={result.faults} />
      </Alert>
    );
  }
  const { changed, reviews } = result;
  if (reviews === 0) return <Text size="sm">There are no reviews to try it with yet. Nothing is wrong with it.</Text>;
  if (changed.length === 0) {
    return (
      <Alert role="status" color="teal" variant="light" icon={<IconCircleCheck size={18} aria-hidden />}>
        All of the last {count(reviews, 'review')} would go where they go now.
      </Alert>
    );
  }
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} role="status">
        Of the last {count(reviews, 'review')}, {changed.length === 1 ? 'this one' : `these ${changed.length.toLocaleString('en-US')}`} would go elsewhere.
      </Text>
      <Table.ScrollContainer minWidth={480} mah={320}>
        <Table verticalSpacing={6} aria-label="Reviews that would go elsewhere">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Review</Table.Th>
              <Table.Th>Now</Table.Th>
              <Table.Th>Then</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changed.slice(0, 200).map((row) => (
              <Table.Tr key={row.review_id}>
                <Table.Td>
                  <Anchor component={Link} to={`/reviews/${encodeURIComponent(row.review_id)}`} target="_blank" size="sm">
                    <Foreign text={row.author || 'A review'} />
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {[row.rating ? `${row.rating} ★` : '', row.site && siteName(row.site), locationOf(row.location_id ?? '')?.name].filter(Boolean).join(' · ')}
                  </Text>
                </Table.Td>
                <Outcome mine={row.now} other={row.then} />
                <Outcome mine={row.then} other={row.now} />
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

/** Who gets it, and what else differs. */
function Outcome({ mine, other }: { mine: RoutingOutcome; other: RoutingOutcome }) {
  const differs = [
    mine.priority !== other.priority && `${mine.priority} priority`,
    mine.sla !== other.sla && (mine.sla ? `time ${mine.sla}` : 'no time limit'),
    mine.approval !== other.approval && (mine.approval ? 'with approval' : 'without approval'),
    mine.channels.join() !== other.channels.join() && (mine.channels.length ? `tells ${either(mine.channels.map((name) => `#${name}`), 'and')}` : 'tells no channel'),
  ].filter((word): word is string => Boolean(word));
  return (
    <Table.Td>
      <Text size="sm">
        <Foreign text={mine.owner || 'Nobody'} />
      </Text>
      {differs.length > 0 && (
        <Text size="xs" c="dimmed">
          {differs.join(', ')}
        </Text>
      )}
    </Table.Td>
  );
}
