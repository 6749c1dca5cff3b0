import { absoluteTime, relativeTime } from './format';
import { useNow } from './clock';

/** A time as a distance from now, with the complete time in the given zone beside the pointer. */
export function RelativeTime({ at, timeZone, prefix = '' }: { at: string; timeZone: string; prefix?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={absoluteTime(at, timeZone)} style={{ whiteSpace: 'nowrap' }}>
      {prefix}
      {relativeTime(at, now)}
    </time>
  );
}
