import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { asProblem } from '../api/problem';

/** A failed part of a page: what went wrong, what to do, and a way to try again. */
export function Failure({ error, title, retry }: { error: unknown; title: string; retry?: () => void }) {
  const problem = asProblem(error);
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} title={title} classNames={{ title: 'bs-alert-title' }}>
      <Stack gap="xs">
        <Text size="sm">
          {problem.message} {problem.advice}
        </Text>
        {retry && (
          <Group>
            <Button size="compact-sm" variant="default" onClick={retry}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
