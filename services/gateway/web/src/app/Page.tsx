import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Page.module.css';
import { usePageTitle } from './usePageTitle';

/** A page with its heading, what can be done on it, and what it is for. */
export function Page({ title, action, intro, children }: { title: string; action?: ReactNode; intro?: ReactNode; children: ReactNode }) {
  const heading = usePageTitle(title);
  return (
    <div className={classes.page}>
      <div className={classes.top}>
        <Title order={1} ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {action}
      </div>
      {intro && (
        <Text size="sm" c="dimmed" maw={640} mb="md" component="div">
          {intro}
        </Text>
      )}
      {children}
    </div>
  );
}
