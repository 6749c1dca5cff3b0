import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';

const ClockContext = createContext(0);

/** One clock for the whole page, so that all relative times agree and move together. */
export function ClockProvider({ children, every = 20_000 }: { children: ReactNode; every?: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return <ClockContext value={now}>{children}</ClockContext>;
}

/** The time now, in milliseconds, as of the last tick. */
export function useNow(): number {
  return useContext(ClockContext);
}
