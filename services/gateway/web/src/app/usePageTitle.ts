import { useEffect, useRef } from 'react';

/**
 * Names the page in the browser's title and moves focus to its heading when the page opens, so that a screen reader
 * starts where the new page does. Put the returned ref on the heading, with tabIndex -1.
 */
export function usePageTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title ? `${title} · Bedside` : 'Bedside';
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}
