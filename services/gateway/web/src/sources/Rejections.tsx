import { ScrollArea, Table } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Rejection } from '../api/types';
import { Foreign } from '../text/Foreign';
import { count } from '../words/words';
import classes from './Sources.module.css';

/** Rows of a file that could not be taken, each with its line and the reason. */
export function Rejections({ rejections, rejected, open }: { rejections: readonly Rejection[]; rejected: number; open?: boolean }) {
  if (rejected === 0) return null;
  return (
    <details className={classes.rejections} open={open}>
      <summary>
        <IconAlertTriangle size={15} aria-hidden /> {count(rejected, 'row')} could not be taken
      </summary>
      <ScrollArea.Autosize mah={260} type="auto" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Rejected rows' }}>
        <Table verticalSpacing={4} fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={70}>Line</Table.Th>
              <Table.Th>Reason</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rejections.map((rejection, i) => (
              <Table.Tr key={i}>
                <Table.Td>{rejection.line.toLocaleString('en-US')}</Table.Td>
                <Table.Td>
                  {rejection.column && (
                    <>
                      <b>
                        <Foreign text={rejection.column} />
                      </b>
                      {': '}
                    </>
                  )}
                  <Foreign text={rejection.reason} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {rejected > rejections.length && <p className={classes.hint}>Only the first {rejections.length.toLocaleString('en-US')} are listed.</p>}
      </ScrollArea.Autosize>
    </details>
  );
}
