import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Location, ReviewDetail } from '../api/types';
import { Foreign } from '../text/Foreign';
import { absoluteTime } from '../time/format';
import { humanise, siteName } from '../words/words';
import { foreignLink } from './links';
import classes from './ReviewPage.module.css';

/** Where a review comes from and when, in the time of its location. */
export function Details({ review, location }: { review: ReviewDetail; location: Location | undefined }) {
  const timeZone = location?.time_zone ?? 'UTC';
  const link = foreignLink(review.url);
  const rows: [name: string, value: ReactNode][] = [
    ['Site', <Foreign key="site" text={siteName(review.site)} />],
    ['Location', <Foreign key="location" text={location?.name ?? 'Unknown location'} />],
    ['Posted', review.posted_at_known === false ? 'The site does not say' : absoluteTime(review.posted_at, timeZone)],
    ['First seen', absoluteTime(review.first_seen_at, timeZone)],
  ];
  if (review.source_updated_at && review.source_updated_at !== review.posted_at) rows.push(['Edited on the site', absoluteTime(review.source_updated_at, timeZone)]);
  if (review.removed) rows.push(['Gone from its site', absoluteTime(review.removed_at, timeZone) || 'yes']);
  if (review.raw_rating) rows.push(['Rating on the site', <Foreign key="raw" text={review.raw_rating} />]);
  for (const [name, value] of Object.entries(review.sub_ratings ?? {})) {
    rows.push([humanise(name), `${value.toLocaleString('en-US', { maximumFractionDigits: 1 })} of 5`]);
  }
  if (review.mentions?.length) rows.push(['Staff named', <Foreign key="mentions" text={[...new Set(review.mentions.map((m) => m.name))].join(', ')} />]);
  return (
    <>
      <dl className={classes.details}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>
              <Foreign text={name} />
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {link && (
        <Anchor href={link} target="_blank" rel="noopener noreferrer nofollow" size="sm" className={classes.out}>
          Open on {siteName(review.site)}
          <IconExternalLink size={15} aria-label="(new tab)" />
        </Anchor>
      )}
    </>
  );
}
