import { Tooltip } from '@mantine/core';
import { useMemo, type CSSProperties } from 'react';
import { useTopics } from '../api/queries';
import type { Mention, Tag, Topic, TopicKey } from '../api/types';
import { Foreign, ForeignParts } from '../text/Foreign';
import { mentionWords, polarityWords } from '../words/words';
import classes from './EvidenceText.module.css';
import { segmentText, type Mark } from './segments';

/** A hue for each topic, far from its neighbours and from the red and green that stand for polarity. */
const hues: Record<Topic, number> = {
  billing: 65, wait_times: 250, staff_attitude: 325, scheduling_access: 215, clinical_care: 188, communication: 285, facility: 102, upselling: 350,
};
const signs = { positive: '+', negative: '−', mixed: '±' } as const;

/** The hue of a topic; one of the organization's own has one of these that depends on its key alone. */
function hueOf(topic: TopicKey): number {
  if (Object.hasOwn(hues, topic)) return hues[topic as Topic];
  let sum = 7;
  for (const letter of topic) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return ownHues[sum % ownHues.length] as number;
}
const ownHues = [45, 120, 200, 265, 305];

export const topicHue = (topic: TopicKey): CSSProperties => ({ '--hue': hueOf(topic) }) as CSSProperties;

type Props = {
  text: string;
  tags: readonly Tag[];
  mentions?: readonly Mention[];
  language?: string;
  /** Topics whose evidence is not shown. */
  hidden?: ReadonlySet<TopicKey>;
};

/**
 * The words of a review with the evidence for its topics marked. The whole text is always there, in its order; marks
 * only lie over it. Each mark says its topic, its polarity and the rule that found it, to pointer and keyboard alike.
 */
export function EvidenceText({ text, tags, mentions, language, hidden }: Props) {
  const segments = useMemo(() => segmentText(text, tags, mentions), [text, tags, mentions]);
  return (
    <div className={classes.text} dir="auto" lang={language}>
      {segments.map((segment, i) => {
        const marks = segment.marks.filter((mark) => mark.kind === 'mention' || !hidden?.has(mark.topic));
        if (!marks.length) return <ForeignParts key={i} text={segment.text} />;
        const opening = marks.find((mark) => mark.kind === 'evidence' && segment.opens.includes(mark.group));
        return (
          <Tooltip key={i} label={<Reasons marks={marks} />} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the reason must be reachable by keyboard */}
            <mark className={classes.mark} style={markStyle(marks)} tabIndex={marks.some((m) => segment.opens.includes(m.group)) ? 0 : undefined} data-kind={marks.some((m) => m.kind === 'evidence') ? 'evidence' : 'mention'} data-sign={opening?.kind === 'evidence' ? signs[opening.polarity] : undefined} data-polarity={opening?.kind === 'evidence' ? opening.polarity : undefined}>
              <ForeignParts text={segment.text} />
            </mark>
          </Tooltip>
        );
      })}
    </div>
  );
}

/** One line under the words for each topic that covers them. */
function markStyle(marks: Mark[]): CSSProperties {
  const topics = [...new Set(marks.flatMap((mark) => (mark.kind === 'evidence' ? [mark.topic] : [])))];
  const first = topics[0];
  if (!first) return {};
  const lines = topics.slice(0, 4).map((topic, i) => `inset 0 ${-2 - 3 * i}px 0 oklch(var(--bs-mark-line) 0.14 ${hueOf(topic)})`);
  return { ...topicHue(first), boxShadow: lines.join(', '), paddingBottom: 3 * (lines.length - 1) };
}

function Reasons({ marks }: { marks: Mark[] }) {
  const { nameOf } = useTopics();
  return marks.map((mark, i) => (
    <div key={i}>
      {mark.kind === 'evidence' ? (
        <>
          <Foreign text={nameOf(mark.topic)} />: {polarityWords[mark.polarity].toLowerCase()}
          <span className={classes.rule}>rule {mark.rule}</span>
        </>
      ) : (
        <>
          Staff: <Foreign text={mark.role ? `${mark.name}, ${mark.role}` : mark.name} />
          {mark.polarity && `, ${mentionWords[mark.polarity]}`}
        </>
      )}
    </div>
  ));
}
