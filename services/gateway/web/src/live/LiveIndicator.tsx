import { Button, Tooltip } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import classes from './live.module.css';
import { useLiveState } from './LiveProvider';

const words = {
  live: ['Live', 'New reviews appear by themselves'],
  connecting: ['Connecting', 'Connecting for live updates'],
  reconnecting: ['Reconnecting', 'The connection was lost; what is shown may be old'],
} as const;

/** Whether what is shown keeps itself up to date. */
export function LiveIndicator() {
  const state = useLiveState();
  const [short, long] = words[state];
  return (
    <Tooltip label={long}>
      <span className={classes.indicator} data-state={state} role="status" aria-label={`${short}: ${long}`}>
        <span className={classes.dot} aria-hidden />
        <span className={classes.word} aria-hidden>
          {short}
        </span>
      </span>
    </Tooltip>
  );
}

/** Says so when the connection has been away for longer than a blink. */
export function LiveNotice() {
  const client = useQueryClient();
  const lost = useLiveState() === 'reconnecting';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) return;
    const timer = setTimeout(() => setShown(true), 4000);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [lost]);
  if (!lost || !shown) return null;
  return (
    <div className={classes.notice} role="alert">
      <IconPlugConnectedX size={17} aria-hidden />
      <span>Bedside cannot be reached. You see what was loaded before; it reconnects by itself.</span>
      <Button size="compact-xs" variant="default" onClick={() => void client.refetchQueries({ type: 'active' })}>
        Try now
      </Button>
    </div>
  );
}
