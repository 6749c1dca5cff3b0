import { Table, Text } from '@mantine/core';
import type { Import } from '../api/types';
import { Foreign } from '../text/Foreign';
import { snippet } from '../text/search';
import { absoluteTime } from '../time/format';
import { Rating } from '../words/Chips';
import { count } from '../words/words';
import { Rejections } from './Rejections';
import classes from './Sources.module.css';

/** What an import would do: how many rows, the first of them as they would be taken, and those that could not. */
export function Preview({ report, timeZone }: { report: Import; timeZone: string }) {
  return (
    <div className={classes.preview}>
      <Text role="status">
        <b>{count(report.accepted, 'review')}</b> of {count(report.rows, 'row')} would be taken.{' '}
        {report.rejected > 0 ? `${count(report.rejected, 'row')} could not be; the others are not affected.` : 'No row is left out.'}
      </Text>
      {report.sample && report.sample.length > 0 && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must take the keyboard
        <div className={classes.sample} tabIndex={0} role="region" aria-label="First rows">
          <Table verticalSpacing={6} fz="sm" miw={520}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Author</Table.Th>
                <Table.Th>Rating</Table.Th>
                <Table.Th>Posted</Table.Th>
                <Table.Th>Text</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {report.sample.map((row) => (
                <Table.Tr key={row.external_id}>
                  <Table.Td>
                    <Foreign text={row.author || 'Anonymous'} />
                  </Table.Td>
                  <Table.Td>
                    <Rating rating={row.rating} />
                  </Table.Td>
                  <Table.Td>{absoluteTime(row.posted_at, timeZone) || 'not given'}</Table.Td>
                  <Table.Td className={classes.sampleText}>
                    <Foreign text={snippet(row.text, '', 140)} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <Rejections rejections={report.rejections} rejected={report.rejected} open />
    </div>
  );
}
