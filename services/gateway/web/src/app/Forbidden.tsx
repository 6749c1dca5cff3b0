import { Button } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { Link } from 'react-router';
import { Empty } from './Empty';
import { usePageTitle } from './usePageTitle';

/** A page that the role of who is signed in does not open. */
export function Forbidden({ what }: { what: string }) {
  usePageTitle('Not for your role');
  return (
    <Empty
      wholePage
      icon={<IconLock size={42} stroke={1.3} />}
      title={`${what} is for managers`}
      actions={
        <Button component={Link} to="/inbox" variant="default">
          Back to the inbox
        </Button>
      }
    >
      Your role does not include it. A manager or administrator of your organization can open it, or change your role.
    </Empty>
  );
}
