import { Button, Progress, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { IconCircleCheck, IconFileSpreadsheet, IconFileUpload, IconProgress } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { api, dataOf } from '../api/client';
import { importsQuery, keys, useOrganization } from '../api/queries';
import type { Import } from '../api/types';
import { Empty } from '../app/Empty';
import { Failure } from '../app/Failure';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { siteName } from '../words/words';
import { ImportForm } from './ImportForm';
import { Rejections } from './Rejections';
import classes from './Sources.module.css';
import { SourcesLayout, useMayConfigure } from './SourcesLayout';

export function ImportsPage() {
  const imports = useInfiniteQuery(importsQuery);
  const [opened, form] = useDisclosure(false);
  const mayConfigure = useMayConfigure();
  const items = imports.data?.pages.flatMap((page) => page.items);
  const button = mayConfigure && (
    <Button leftSection={<IconFileUpload size={17} aria-hidden />} onClick={form.open}>
      Import a file
    </Button>
  );
  return (
    <SourcesLayout title="Imports" action={items?.length ? button : null}>
      {imports.isError && !items && <Failure error={imports.error} title="The imports could not be loaded" retry={() => void imports.refetch()} />}
      {imports.isPending && <Skeleton h={120} radius="lg" role="status" aria-label="Loading" />}
      {items?.length === 0 && (
        <Empty icon={<IconFileSpreadsheet size={42} stroke={1.3} />} title="Nothing has been imported" actions={button}>
          Bring the reviews you already have: a CSV file from a spreadsheet or a review tool, or JSON Lines. You see what would be taken before anything is stored, and
          importing the same file again changes nothing.
          {!mayConfigure && ' Ask a manager or administrator to do it.'}
        </Empty>
      )}
      {items && items.length > 0 && (
        <ul className={classes.list} aria-label="Imports">
          {items.map((item) => (
            <ImportCard key={item.id} item={item} />
          ))}
        </ul>
      )}
      {imports.hasNextPage && (
        <Button variant="default" mt="md" loading={imports.isFetchingNextPage} onClick={() => void imports.fetchNextPage()}>
          Show more
        </Button>
      )}
      <ImportForm opened={opened} onClose={form.close} />
    </SourcesLayout>
  );
}

/** True once every row of the file that could be taken is in the inbox. */
export const isFinished = (item: Import) => item.state === 'done' && item.in_inbox >= item.accepted;

/** One import; while it is on its way the server is asked every second how far it is. */
function ImportCard({ item }: { item: Import }) {
  const client = useQueryClient();
  const { locationOf } = useOrganization();
  const id = item.id ?? '';
  const { data: fresh = item } = useQuery({
    queryKey: [...keys.imports, 'progress', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/imports/{id}', { params: { path: { id } }, signal })),
    enabled: id !== '' && !isFinished(item),
    refetchInterval: (query) => (query.state.data && isFinished(query.state.data) ? false : 1000),
  });
  const finished = isFinished(fresh);
  useEffect(() => {
    if (finished && !isFinished(item)) void client.invalidateQueries({ queryKey: keys.counts });
  }, [finished, item, client]);
  const location = locationOf(item.location_id);
  return (
    <li className={classes.card}>
      <div className={classes.cardHead}>
        <div className={classes.names}>
          <Text fw={620}>
            <Foreign text={item.file_name || 'File'} />
          </Text>
          <Text size="xs" c="dimmed">
            <Foreign text={siteName(item.site)} /> · <Foreign text={location?.name ?? 'Unknown location'} />
            {item.created_at && (
              <>
                {' '}
                · <RelativeTime at={item.created_at} timeZone={location?.time_zone ?? 'UTC'} />
              </>
            )}
          </Text>
        </div>
        <span className={classes.health} data-health={finished ? 'ok' : 'new'} role="status">
          {finished ? <IconCircleCheck size={16} aria-hidden /> : <IconProgress size={16} aria-hidden />}
          {finished ? 'All in the inbox' : fresh.state === 'waiting' ? 'Waiting to be read' : fresh.state === 'reading' ? 'Being read' : 'Being tagged'}
        </span>
      </div>
      {!finished && (
        <div className={classes.bars}>
          <Bar label="Read" done={fresh.published} of={fresh.accepted} />
          <Bar label="In the inbox, tagged and assigned" done={fresh.in_inbox} of={fresh.accepted} />
        </div>
      )}
      <dl className={classes.facts}>
        <Fact name="Rows" value={fresh.rows} />
        <Fact name="Taken" value={fresh.accepted} />
        <Fact name="Rejected" value={fresh.rejected} />
        <Fact name="In the inbox" value={fresh.in_inbox} />
      </dl>
      <Rejections rejections={fresh.rejections} rejected={fresh.rejected} />
      {finished && (
        <Button component={Link} to={`/inbox?location_id=${encodeURIComponent(item.location_id)}&site=${encodeURIComponent(item.site)}`} variant="default" size="compact-sm">
          Show them
        </Button>
      )}
    </li>
  );
}

function Bar({ label, done, of }: { label: string; done: number; of: number }) {
  const share = of > 0 ? Math.min(100, (100 * done) / of) : 0;
  return (
    <div>
      <div className={classes.barLabel}>
        <span>{label}</span>
        <span>
          {done.toLocaleString('en-US')} of {of.toLocaleString('en-US')}
        </span>
      </div>
      <Progress value={share} aria-label={label} />
    </div>
  );
}

function Fact({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value.toLocaleString('en-US')}</dd>
    </div>
  );
}

