import { ActionIcon, Button, Checkbox, Popover, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencilCheck, IconPlus } from '@tabler/icons-react';
import { useTopics } from '../api/queries';
import type { Polarity, ReviewDetail, TopicKey, UrgentFlag } from '../api/types';
import { Foreign } from '../text/Foreign';
import { RelativeTime } from '../time/Time';
import { PolarityIcon } from '../words/Chips';
import { polarities, polarityWords, urgentWords } from '../words/words';
import classes from './Correct.module.css';
import { actorWords } from './words';

const flags = Object.keys(urgentWords) as UrgentFlag[];

type AddProps = {
  review: ReviewDetail;
  onTopic: (topic: TopicKey, polarity: Polarity) => void;
  onOverall: (overall: Polarity) => void;
  onFlag: (flag: UrgentFlag) => void;
};

/** What the tags miss: the topics that are not there yet, the verdict, the urgent flags. */
export function AddTag({ review, onTopic, onOverall, onFlag }: AddProps) {
  const topics = useTopics();
  const [opened, panel] = useDisclosure(false);
  const missing = topics.all.filter((topic) => !review.tags.some((tag) => tag.topic === topic));
  return (
    <Popover opened={opened} onChange={(open) => (open ? panel.open() : panel.close())} position="bottom-start" shadow="md" width={272} trapFocus withinPortal={false}>
      <Popover.Target>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={15} aria-hidden />} onClick={panel.toggle}>
          Correct
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Correct the tags">
        {missing.length > 0 && <p className={classes.label}>The text also speaks of</p>}
        <ul className={classes.rows}>
          {missing.map((topic) => (
            <Row
              key={topic}
              name={topics.nameOf(topic)}
              onPick={(polarity) => {
                panel.close();
                onTopic(topic, polarity);
              }}
            />
          ))}
        </ul>
        <p className={classes.label}>Overall</p>
        <ul className={classes.rows}>
          <Row
            name="The whole review is"
            now={review.overall}
            onPick={(polarity) => {
              panel.close();
              onOverall(polarity);
            }}
          />
        </ul>
        <p className={classes.label}>Urgent</p>
        <div className={classes.flags}>
          {flags.map((flag) => (
            <Checkbox key={flag} size="sm" label={urgentWords[flag]} checked={review.urgent.includes(flag)} onChange={() => onFlag(flag)} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Row({ name, now, onPick }: { name: string; now?: Polarity; onPick: (polarity: Polarity) => void }) {
  return (
    <li className={classes.row}>
      <span className={classes.name}>
        <Foreign text={name} />
      </span>
      {polarities.map((polarity) => (
        <Tooltip key={polarity} label={polarityWords[polarity]} withinPortal={false}>
          <ActionIcon
            variant={polarity === now ? 'filled' : 'default'}
            size={32}
            className={classes.pick}
            data-polarity={polarity === now ? undefined : polarity}
            aria-label={`${name}: ${polarityWords[polarity].toLowerCase()}`}
            disabled={polarity === now}
            onClick={() => onPick(polarity)}
          >
            <PolarityIcon polarity={polarity} size={15} />
          </ActionIcon>
        </Tooltip>
      ))}
    </li>
  );
}

type NoticeProps = { review: ReviewDetail; timeZone: string; mayAct: boolean; onTakeBack: () => void };

/** Who corrected the tags, and the way back to those of Bedside. */
export function CorrectedNotice({ review, timeZone, mayAct, onTakeBack }: NoticeProps) {
  if (!review.correction) return null;
  const { by, at } = review.correction;
  return (
    <p className={classes.notice}>
      <IconPencilCheck size={16} aria-hidden />
      <span>
        Corrected by <Foreign text={actorWords(by, () => undefined)} />, <RelativeTime at={at} timeZone={timeZone} />
      </span>
      {mayAct && (
        <Button size="compact-xs" variant="subtle" onClick={onTakeBack}>
          Use Bedside’s tags
        </Button>
      )}
    </p>
  );
}
