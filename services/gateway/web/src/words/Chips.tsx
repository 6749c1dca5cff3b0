import { Tooltip, VisuallyHidden } from '@mantine/core';
import { IconAlertOctagonFilled, IconMinus, IconPlus, IconPlusMinus, IconStarFilled } from '@tabler/icons-react';
import { useTopics } from '../api/queries';
import type { CaseStatus, Polarity, Tag, UrgentFlag } from '../api/types';
import { Foreign } from '../text/Foreign';
import classes from './chips.module.css';
import { humanise, polarityWords, statusWords, urgentWords } from './words';

const icons = { positive: IconPlus, negative: IconMinus, mixed: IconPlusMinus } as const;

/** The sign of a polarity; the word stands beside it or is said by the parent. */
export function PolarityIcon({ polarity, size = 12 }: { polarity: Polarity; size?: number }) {
  const Icon = icons[polarity];
  return <Icon size={size} stroke={2.6} aria-hidden />;
}

/** A topic with its polarity as colour, sign and word. */
export function TopicChip({ tag }: { tag: Pick<Tag, 'topic' | 'polarity'> }) {
  const { nameOf } = useTopics();
  return (
    <span className={classes.chip} data-polarity={tag.polarity} title={`${nameOf(tag.topic)}: ${polarityWords[tag.polarity].toLowerCase()}`}>
      <PolarityIcon polarity={tag.polarity} />
      <Foreign text={nameOf(tag.topic)} />
      <VisuallyHidden>, {polarityWords[tag.polarity].toLowerCase()}</VisuallyHidden>
    </span>
  );
}

/** The verdict of a whole review. */
export function OverallChip({ overall }: { overall: Polarity }) {
  return (
    <span className={classes.chip} data-polarity={overall}>
      <PolarityIcon polarity={overall} />
      {polarityWords[overall]} overall
    </span>
  );
}

export function UrgentChip({ flags }: { flags: readonly UrgentFlag[] }) {
  if (!flags.length) return null;
  return (
    <span className={classes.urgent}>
      <IconAlertOctagonFilled size={13} aria-hidden />
      {flags.map((flag) => urgentWords[flag] ?? humanise(flag)).join(', ')}
    </span>
  );
}

export function StatusChip({ status }: { status: CaseStatus }) {
  return (
    <span className={classes.status} data-status={status}>
      <span className={classes.dot} aria-hidden />
      {statusWords[status] ?? humanise(status)}
    </span>
  );
}

/** Stars, with the exact number in words; a dash where the site gives none. */
export function Rating({ rating, raw }: { rating: number | null; raw?: string }) {
  if (rating === null) return <span className={classes.unrated}>No rating</span>;
  const shown = rating.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const label = `${shown} of 5 stars${raw && raw !== shown && !raw.startsWith(`${shown}/5`) ? `, on the site ${raw}` : ''}`;
  return (
    <Tooltip label={label}>
      <span className={classes.rating} role="img" aria-label={label}>
        {[1, 2, 3, 4, 5].map((star) => (
          <IconStarFilled key={star} size={13} aria-hidden className={rating >= star - 0.25 ? classes.on : rating >= star - 0.75 ? classes.half : classes.off} />
        ))}
      </span>
    </Tooltip>
  );
}
