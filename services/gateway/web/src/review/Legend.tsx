import { Menu } from '@mantine/core';
import { IconCheck, IconChevronDown, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useTopics } from '../api/queries';
import type { Polarity, Tag, TopicKey } from '../api/types';
import { Foreign } from '../text/Foreign';
import { PolarityIcon } from '../words/Chips';
import { count, polarities, polarityWords } from '../words/words';
import { topicHue } from './EvidenceText';
import classes from './Legend.module.css';

type Props = {
  tags: readonly Tag[];
  hidden: ReadonlySet<TopicKey>;
  onToggle: (topic: TopicKey) => void;
  /** Says how the text speaks of a topic; missing for those who may not. */
  onCorrect?: (topic: TopicKey, polarity: Polarity | 'absent') => void;
};

/** The topics of a review, each with its colour in the text; a press opens what can be done with it. */
export function Legend({ tags, hidden, onToggle, onCorrect }: Props) {
  const { nameOf } = useTopics();
  if (!tags.length) return <p className={classes.none}>The text names none of the topics.</p>;
  return (
    <ul className={classes.legend} aria-label="Topics">
      {tags.map((tag) => {
        const off = hidden.has(tag.topic);
        const name = nameOf(tag.topic);
        return (
          <li key={tag.topic}>
            <Menu shadow="md" width={240} position="bottom-start" withinPortal={false} withInitialFocusPlaceholder={false}>
              <Menu.Target>
                <button type="button" className={classes.topic} style={topicHue(tag.topic)} data-hidden={off || undefined}>
                  <span className={classes.swatch} aria-hidden />
                  <span className={classes.name}>
                    <Foreign text={name} />
                  </span>
                  <span className={classes.polarity} data-polarity={tag.polarity}>
                    <PolarityIcon polarity={tag.polarity} />
                    {polarityWords[tag.polarity]}
                  </span>
                  <span className={classes.count}>{tag.evidence.length ? count(tag.evidence.length, 'place') : 'set by hand'}</span>
                  <IconChevronDown size={15} aria-hidden className={classes.eye} />
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                {onCorrect && (
                  <>
                    <Menu.Label>What the text says of it</Menu.Label>
                    {polarities.map((polarity) => (
                      <Menu.Item
                        key={polarity}
                        leftSection={<PolarityIcon polarity={polarity} size={14} />}
                        rightSection={polarity === tag.polarity && <IconCheck size={15} aria-label="(now)" />}
                        disabled={polarity === tag.polarity}
                        onClick={() => onCorrect(tag.topic, polarity)}
                      >
                        {polarityWords[polarity]}
                      </Menu.Item>
                    ))}
                    <Menu.Item onClick={() => onCorrect(tag.topic, 'absent')}>Not about this</Menu.Item>
                    <Menu.Divider />
                  </>
                )}
                <Menu.Item leftSection={off ? <IconEye size={15} aria-hidden /> : <IconEyeOff size={15} aria-hidden />} onClick={() => onToggle(tag.topic)}>
                  {off ? 'Show in the text' : 'Hide in the text'}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </li>
        );
      })}
    </ul>
  );
}
