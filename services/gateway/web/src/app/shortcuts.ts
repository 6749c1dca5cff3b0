import { useEffect, useRef } from 'react';

/** Keys to what they do; return false to let the browser have the key. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => unknown>;

/** True while keys belong to something else: a field, or an open dialog or list of choices. */
function busy(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target;
  if (target instanceof HTMLElement) {
    if (target.isContentEditable || target.closest('input, textarea, select, [role="listbox"], [role="menu"]')) return true;
  }
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null;
}

/** Single-key shortcuts of the page that is shown. Space and enter are left to the focused control. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const handle = latest.current[event.key];
      if (!handle || busy(event)) return;
      if (handle(event) !== false) event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}
