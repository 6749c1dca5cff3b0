import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link } from 'react-router';
import { Empty } from './Empty';
import { usePageTitle } from './usePageTitle';

export function NotFound() {
  usePageTitle('Not found');
  return (
    <Empty icon={<IconMapOff size={40} stroke={1.4} />} title="There is no such page" wholePage actions={<Button component={Link} to="/inbox">Go to the inbox</Button>}>
      The address may be mistyped, or the page has moved.
    </Empty>
  );
}
