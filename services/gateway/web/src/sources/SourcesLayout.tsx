import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useMe } from '../api/queries';
import { usePageTitle } from '../app/usePageTitle';
import classes from './Sources.module.css';

/** Where reviews come from: listings that are watched and how right they are, and files that were imported. */
export function SourcesLayout({ title, action, children }: { title: string; action: ReactNode; children: ReactNode }) {
  const heading = usePageTitle(title);
  return (
    <div className={classes.page}>
      <nav aria-label="Sources" className={classes.tabs}>
        <NavLink to="/sources/listings" className={classes.tab}>
          Listings
        </NavLink>
        <NavLink to="/sources/accuracy" className={classes.tab}>
          Accuracy
        </NavLink>
        <NavLink to="/sources/imports" className={classes.tab}>
          Imports
        </NavLink>
      </nav>
      <div className={classes.top}>
        <Title order={1} ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {action}
      </div>
      {children}
    </div>
  );
}

/** Whether who is signed in may change where reviews come from. */
export function useMayConfigure(): boolean {
  const { role } = useMe().person;
  return role === 'administrator' || role === 'manager';
}
