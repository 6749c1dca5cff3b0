import { IconHistory } from '@tabler/icons-react';
import type { ReviewVersion } from '../api/types';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { Rating, TopicChip } from '../words/Chips';
import { count } from '../words/words';
import { EvidenceText } from './EvidenceText';
import classes from './ReviewPage.module.css';

/** What the review said before its author changed it, the latest first. */
export function EarlierVersions({ versions, timeZone, language }: { versions: readonly ReviewVersion[]; timeZone: string; language?: string }) {
  if (!versions.length) return null;
  return (
    <details className={`${classes.card} ${classes.after}`}>
      <summary className={classes.subtitle}>
        <IconHistory size={17} aria-hidden /> {count(versions.length, 'earlier version')}
      </summary>
      {versions.toSorted((a, b) => b.version - a.version).map((version) => (
        <section key={version.version} className={classes.version} aria-label={`Version ${version.version}`}>
          <div className={classes.about}>
            <strong>Version {version.version}</strong>
            <Rating rating={version.rating} />
            <Foreign text={version.author} />
            <RelativeTime at={version.observed_at} timeZone={timeZone} prefix="seen " />
          </div>
          <EvidenceText text={version.text} tags={version.tags} language={language} />
          <div className={classes.about}>
            {version.tags.map((tag) => (
              <TopicChip key={tag.topic} tag={tag} />
            ))}
          </div>
        </section>
      ))}
    </details>
  );
}
