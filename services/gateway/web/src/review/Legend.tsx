import { IconEye, IconEyeOff } from '@tabler/icons-react';
import type { Tag, Topic } from '../api/types';
import { PolarityIcon } from '../words/Chips';
import { count, polarityWords, topicWords } from '../words/words';
import { topicHue } from './EvidenceText';
import classes from './Legend.module.css';

type Props = { tags: readonly Tag[]; hidden: ReadonlySet<Topic>; onToggle: (topic: Topic) => void };

/** The topics of a review, each with its colour in the text; a press hides or shows its evidence. */
export function Legend({ tags, hidden, onToggle }: Props) {
  if (!tags.length) return <p className={classes.none}>The text names none of the eight topics.</p>;
  return (
    <ul className={classes.legend} aria-label="Topics">
      {tags.map((tag) => {
        const off = hidden.has(tag.topic);
        const Eye = off ? IconEyeOff : IconEye;
        return (
          <li key={tag.topic}>
            <button type="button" className={classes.topic} style={topicHue(tag.topic)} aria-pressed={!off} onClick={() => onToggle(tag.topic)} title={off ? 'Show in the text' : 'Hide in the text'}>
              <span className={classes.swatch} aria-hidden />
              <span className={classes.name}>{topicWords[tag.topic]}</span>
              <span className={classes.polarity} data-polarity={tag.polarity}>
                <PolarityIcon polarity={tag.polarity} />
                {polarityWords[tag.polarity]}
              </span>
              <span className={classes.count}>{count(tag.evidence.length, 'place')}</span>
              <Eye size={15} aria-hidden className={classes.eye} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
