/** The address to go to after signing in: a path of this app, never another site. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/inbox';
  const base = 'http://bedside.invalid';
  try {
    const url = new URL(next, base);
    if (url.origin !== base || url.pathname.startsWith('/sign-in') || url.pathname.startsWith('//')) return '/inbox';
    return url.pathname + url.search;
  } catch {
    return '/inbox';
  }
}
