import type { Tag, TopicKey, Polarity, Mention } from '../api/types';
import { spansFromBytes } from '../text/utf8';

/** Why a stretch of text is marked. */
export type Mark =
  | { kind: 'evidence'; topic: TopicKey; polarity: Polarity; rule: string; group: number }
  | { kind: 'mention'; name: string; role?: string; polarity?: Polarity; group: number };

/** A stretch of text with all marks that cover it; stretches follow one another without gaps or overlaps. */
export type Segment = { text: string; marks: Mark[]; opens: number[] };

/**
 * Cuts a text at every boundary of its evidence, so that spans may overlap in any way. Evidence whose offsets do
 * not hold its quote is left out: showing the wrong words as the reason would be worse than showing none.
 * `opens` names the groups of the spans that begin with a stretch: the one place of each for a sign and the focus.
 */
export function segmentText(text: string, tags: readonly Tag[], mentions: readonly Mention[] = []): Segment[] {
  const candidates: { start: number; end: number; quote?: string; mark: Mark }[] = [];
  for (const tag of tags) {
    for (const { start, end, quote, rule } of tag.evidence) {
      const mark: Mark = { kind: 'evidence', topic: tag.topic, polarity: tag.polarity, rule, group: candidates.length };
      candidates.push({ start, end, quote, mark });
    }
  }
  for (const { start, end, name, role, polarity } of mentions) {
    candidates.push({ start, end, mark: { kind: 'mention', name, role, polarity, group: candidates.length } });
  }

  const marked: { start: number; end: number; mark: Mark }[] = [];
  spansFromBytes(text, candidates).forEach((span, i) => {
    const candidate = candidates[i];
    if (!span || !candidate) return;
    if (candidate.quote !== undefined && text.slice(span.start, span.end) !== candidate.quote) return;
    marked.push({ ...span, mark: candidate.mark });
  });

  const cuts = [...new Set([0, text.length, ...marked.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const start = cuts[i] as number;
    const end = cuts[i + 1] as number;
    const covering = marked.filter((m) => m.start <= start && m.end >= end);
    segments.push({
      text: text.slice(start, end),
      marks: covering.map((m) => m.mark),
      opens: covering.filter((m) => m.start === start).map((m) => m.mark.group),
    });
  }
  return segments;
}
