import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { keys } from '../api/queries';
import { LiveStream, type LiveEvent, type LiveState } from './stream';

type Listener = (event: LiveEvent) => void;
type Live = { state: LiveState; subscribe: (listener: Listener) => () => void };

const LiveContext = createContext<Live | null>(null);

/** Changes come in bursts; what follows from them is done at most this often. */
const settle = 700;
/** A hidden tab gives its connection back after this long: browsers allow six a host over HTTP/1. */
const hiddenGrace = 60_000;

/** Holds the one live stream of the app and keeps counts and open reviews fresh from it. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = new Set<string>();
    let missed = false;
    const freshen = () => {
      timer = undefined;
      void client.invalidateQueries({ queryKey: keys.counts });
      if (missed) void client.invalidateQueries({ queryKey: ['review'] });
      else for (const id of changed) void client.invalidateQueries({ queryKey: keys.review(id) });
      missed = false;
      changed.clear();
    };
    const stream = new LiveStream({
      open: () => new EventSource('/api/v1/events'),
      onState: setState,
      onRefused: () => void client.invalidateQueries({ queryKey: keys.me }),
      onEvent: (event) => {
        if (event.kind === 'review') changed.add(event.change.review_id);
        else missed = true;
        timer ??= setTimeout(freshen, settle);
        for (const listener of listeners.current) listener(event);
      },
    });

    let grace: ReturnType<typeof setTimeout> | undefined;
    const visibility = () => {
      clearTimeout(grace);
      if (document.hidden) grace = setTimeout(() => stream.stop(), hiddenGrace);
      else stream.start();
    };
    stream.start();
    document.addEventListener('visibilitychange', visibility);
    return () => {
      document.removeEventListener('visibilitychange', visibility);
      clearTimeout(grace);
      clearTimeout(timer);
      stream.stop();
    };
  }, [client]);

  const live = useMemo<Live>(
    () => ({
      state,
      subscribe: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [state],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLiveState(): LiveState {
  return useLive().state;
}

/** Calls a listener for each live event while the component is mounted. */
export function useLiveEvents(listener: Listener): void {
  const { subscribe } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  // The stream's state changes the context, not the set of listeners: subscribing again is harmless.
  useEffect(() => subscribe((event) => latest.current(event)), [subscribe]);
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('LiveProvider is missing');
  return live;
}
