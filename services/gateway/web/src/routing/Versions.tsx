import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Failure } from '../app/Failure';
import layout from '../app/Page.module.css';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { routingVersionsQuery } from './queries';

type Props = { current: number; onRestore: ((version: number, yaml: string) => void) | null };

/** Every version of the plan that was saved, newest first. */
export function Versions({ current, onRestore }: Props) {
  const found = useInfiniteQuery(routingVersionsQuery);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isError && !found.data) return <Failure error={found.error} title="The history could not be loaded" retry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton h={120} radius="lg" role="status" aria-label="Loading the history" />;
  if (items.length === 0) return <Text c="dimmed">Nobody has changed it yet: what counts is what Bedside comes with.</Text>;
  return (
    <>
      <ul className={layout.list} aria-label="Versions">
        {items.map((version) => (
          <li key={version.version} className={layout.card}>
            <div className={layout.head}>
              <Text size="sm" fw={600}>
                Version {version.version}
                {version.version === current && ', which counts'}
              </Text>
              <Text size="xs" c="dimmed">
                <Foreign text={version.by || 'A former colleague'} />, <RelativeTime at={version.at} timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone} />
              </Text>
            </div>
            {version.comment && (
              <Text size="sm">
                <Foreign text={version.comment} />
              </Text>
            )}
            {onRestore && version.version !== current && (
              <Group>
                <Button size="compact-sm" variant="default" onClick={() => onRestore(version.version, version.yaml)} aria-label={`Restore version ${version.version}`}>
                  Restore
                </Button>
              </Group>
            )}
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Group justify="center" mt="lg">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      )}
    </>
  );
}
