import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

type Props = {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** True where this is all there is on the page, and its title the page's. */
  wholePage?: boolean;
};

/** Nothing to show, and what to do about it. */
export function Empty({ icon, title, children, actions, wholePage }: Props) {
  return (
    <Stack align="center" gap="xs" py={56} px="md" ta="center">
      <Text c="dimmed" component="div" aria-hidden>
        {icon}
      </Text>
      <Title order={wholePage ? 1 : 2} size="h3">
        {title}
      </Title>
      <Text c="dimmed" size="sm" maw={440} component="div">
        {children}
      </Text>
      {actions && (
        <Group justify="center" mt="sm">
          {actions}
        </Group>
      )}
    </Stack>
  );
}
