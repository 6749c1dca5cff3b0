import { Kbd, Modal, Table, Text } from '@mantine/core';

const groups: [title: string, keys: [keys: string[], what: string][]][] = [
  ['Everywhere', [
    [['?'], 'Show this help'],
    [['z'], 'Undo the last change, while its message is shown'],
    [['Esc'], 'Close what is open'],
  ]],
  ['In the inbox', [
    [['j', 'k'], 'Next and previous review'],
    [['Enter'], 'Open the selected review'],
    [['a'], 'Assign it to me'],
    [['e'], 'Choose an owner'],
    [['s'], 'Change the status'],
    [['/'], 'Search'],
    [['r'], 'Show new reviews that have arrived'],
  ]],
  ['On a review', [
    [['j', 'k'], 'Next and previous review of the inbox'],
    [['u'], 'Back to the inbox'],
    [['a'], 'Assign it to me'],
    [['e'], 'Choose an owner'],
    [['s'], 'Change the status'],
    [['n'], 'Write a note'],
  ]],
];

/** The keys of the app, opened with a question mark. */
export function HelpOverlay({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys and help" size="md">
      {groups.map(([title, keys]) => (
        <Table key={title} mb="md" verticalSpacing={5}>
          <Table.Caption style={{ captionSide: 'top', textAlign: 'start', fontWeight: 600, color: 'inherit' }}>{title}</Table.Caption>
          <Table.Tbody>
            {keys.map(([names, what]) => (
              <Table.Tr key={what}>
                <Table.Td w={110}>
                  {names.map((name) => (
                    <Kbd key={name} mr={4}>
                      {name}
                    </Kbd>
                  ))}
                </Table.Td>
                <Table.Td>{what}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
      <Text size="sm" c="dimmed">
        Underlined words on a review are the reason for its topics: point at them, or reach them with Tab, to see the rule that found them.
      </Text>
    </Modal>
  );
}
