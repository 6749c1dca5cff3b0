import { Button, Code } from '@mantine/core';
import { IconZoomExclamation } from '@tabler/icons-react';
import { useRouteError } from 'react-router';
import { Empty } from './Empty';

/**
 * A page that could not be shown. After an upgrade of the server an open tab may ask for code that is gone; loading
 * again is the way out of that and of most else.
 */
export function Crash() {
  const error = useRouteError();
  return (
    <Empty
      icon={<IconZoomExclamation size={40} stroke={1.4} />}
      title="This page could not be shown"
      wholePage
      actions={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      Nothing you saved is lost. The server may be out of reach, or newer than this page. If loading again does not help, tell your
      administrator this:
      <Code block mt="xs">
        {error instanceof Error ? error.message : 'unknown fault'}
      </Code>
    </Empty>
  );
}
