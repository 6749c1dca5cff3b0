import { ActionIcon, Avatar, Button, Center, Menu, Stack, Text, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { IconChecklist, IconHelp, IconInbox, IconLogout, IconMail, IconMoon, IconSettings, IconSun, IconUserOff, IconWorldSearch } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link, Navigate, NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { meQuery, pendingCountsQuery } from '../api/queries';
import type { Me } from '../api/types';
import { clearDrafts } from '../review/drafts';
import { LiveProvider } from '../live/LiveProvider';
import { LiveIndicator, LiveNotice } from '../live/LiveIndicator';
import { Bell } from '../notifications/Bell';
import { Foreign } from '../text/Foreign';
import { count, roleWords } from '../words/words';
import { Failure } from './Failure';
import classes from './Frame.module.css';
import { HelpOverlay } from './HelpOverlay';
import { preloadPages } from './pages';
import { useShortcuts } from './shortcuts';
import { Starting } from './Starting';
import { useToast } from './toast';

/** What surrounds every page of somebody who is signed in; it sends everybody else to sign in and back. */
export function Frame() {
  const me = useQuery(meQuery);
  const location = useLocation();
  if (me.data === null || (me.isError && asProblem(me.error).status === 401)) {
    const next = location.pathname + location.search;
    const expired = me.data === null ? '&expired=true' : '';
    return <Navigate to={`/sign-in?next=${encodeURIComponent(next)}${expired}`} replace />;
  }
  if (me.data) {
    return (
      <LiveProvider>
        <SignedIn me={me.data} />
      </LiveProvider>
    );
  }
  if (me.isError) {
    return (
      <Center h="100%" p="md">
        <Stack maw={480}>
          <Failure error={me.error} title="Bedside could not be opened" retry={() => void me.refetch()} />
        </Stack>
      </Center>
    );
  }
  return <Starting />;
}

function SignedIn({ me }: { me: Me }) {
  const [helpOpen, help] = useDisclosure(false);
  const { undoLast } = useToast();
  const pending = useQuery(pendingCountsQuery).data;
  useEffect(preloadPages, []);
  useShortcuts({ '?': help.open, z: () => (undoLast() ? undefined : false) });

  return (
    <div className={classes.frame}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.header}>
        <NavLink to="/inbox" className={classes.brand} aria-label="Bedside, to the inbox">
          <img src="/favicon.svg" alt="" width={26} height={26} />
          <span className={classes.word}>Bedside</span>
        </NavLink>
        <nav aria-label="Main" className={classes.nav}>
          <NavLink to="/inbox" className={classes.link}>
            <IconInbox size={17} stroke={1.8} aria-hidden />
            Inbox
            {pending && pending.total > 0 && (
              <span className={classes.count} title={`${count(pending.total, 'case')} waiting for work`}>
                {pending.total > 9999 ? '9,999+' : pending.total.toLocaleString('en-US')}
              </span>
            )}
          </NavLink>
          <NavLink to="/commitments" className={`${classes.link} ${classes.wideLink}`}>
            <IconChecklist size={17} stroke={1.8} aria-hidden />
            Promises
          </NavLink>
          <NavLink to="/digest" className={`${classes.link} ${classes.wideLink}`}>
            <IconMail size={17} stroke={1.8} aria-hidden />
            Digest
          </NavLink>
          <NavLink to="/sources" className={classes.link}>
            <IconWorldSearch size={17} stroke={1.8} aria-hidden />
            Sources
          </NavLink>
        </nav>
        <span className={classes.spacer} />
        <span className={classes.organization}>
          <Foreign text={me.organization.name} />
        </span>
        <LiveIndicator />
        <Bell />
        <span className={classes.wideOnly}>
          <SchemeButton />
          <Tooltip label="Keys and help (?)">
            <ActionIcon variant="subtle" color="gray" size="lg" className={classes.icon} onClick={help.open} aria-label="Keys and help">
              <IconHelp size={19} stroke={1.7} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </span>
        <AccountMenu me={me} openHelp={help.open} />
      </header>
      <LiveNotice />
      <main id="content" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <HelpOverlay opened={helpOpen} onClose={help.close} />
    </div>
  );
}

function useScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  return { dark, label: dark ? 'Use light colours' : 'Use dark colours', toggle: () => setColorScheme(dark ? 'light' : 'dark') };
}

function SchemeButton() {
  const { dark, label, toggle } = useScheme();
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" className={classes.icon} onClick={toggle} aria-label={label}>
        {dark ? <IconSun size={19} stroke={1.7} aria-hidden /> : <IconMoon size={19} stroke={1.7} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

function AccountMenu({ me, openHelp }: { me: Me; openHelp: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const scheme = useScheme();
  const signOut = async () => {
    try {
      await api.DELETE('/api/v1/session');
    } catch (error) {
      // A session that is over already is what was asked for.
      if (asProblem(error).status !== 401) {
        toast.failed('You are still signed in', asProblem(error));
        return;
      }
    }
    await navigate('/sign-in', { replace: true });
    client.clear();
    clearDrafts();
  };
  return (
    <Menu position="bottom-end" width={260} shadow="md">
      <Menu.Target>
        <Button variant="subtle" color="gray" px={6} aria-label={`Account of ${me.person.name}`} className={classes.icon}>
          <Avatar size={30} radius="xl" name={me.person.name} color="calm" variant="filled" alt="" aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <Text fw={600} size="sm">
            <Foreign text={me.person.name} />
          </Text>
          <Text size="xs" c="dimmed">
            {me.person.email}
          </Text>
          <Text size="xs" c="dimmed">
            {roleWords[me.person.role]} · <Foreign text={me.organization.name} />
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={scheme.dark ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />} onClick={scheme.toggle}>
          {scheme.label}
        </Menu.Item>
        <Menu.Item className={classes.narrowOnly} component={Link} to="/commitments" leftSection={<IconChecklist size={16} aria-hidden />}>
          Promises
        </Menu.Item>
        <Menu.Item className={classes.narrowOnly} component={Link} to="/digest" leftSection={<IconMail size={16} aria-hidden />}>
          Digest
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/notifications" leftSection={<IconSettings size={16} aria-hidden />}>
          Settings
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/people" leftSection={<IconUserOff size={16} aria-hidden />}>
          Out of office
        </Menu.Item>
        <Menu.Item leftSection={<IconHelp size={16} aria-hidden />} onClick={openHelp}>
          Keys and help
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

