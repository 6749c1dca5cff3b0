/** The time zones this browser knows, and the one that is set even if it does not. */
export function timeZones(current?: string): string[] {
  const known = Intl.supportedValuesOf('timeZone');
  const all = ['UTC', ...known.filter((zone) => zone !== 'UTC')];
  return current && !all.includes(current) ? [current, ...all] : all;
}
