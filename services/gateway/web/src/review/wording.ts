import type { ReplyFinding } from '../api/types';
import { spansFromBytes } from '../text/utf8';

/** The words that a finding's advice gives literally, between quotation marks. */
export function wordings(suggestion: string): string[] {
  return [...suggestion.matchAll(/["“]([^"”]{3,})["”]/g)].map((match) => (match[1] ?? '').trim());
}

/** The part of a text that is the sentence around a span, without the space that follows it. */
export function sentenceAround(text: string, start: number, end: number): [from: number, to: number] {
  let from = start;
  let to = end;
  for (const { segment, index } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)) {
    const behind = index + segment.trimEnd().length;
    if (index <= start && start < index + segment.length) from = index;
    if (index < end && end <= index + segment.length) to = Math.max(behind, end);
  }
  return [from, Math.max(to, from)];
}

/**
 * The text with the sentence of a finding replaced by other words, or taken out where these are empty or there
 * already. Undefined where the finding does not lie in the text any more, and where nothing would be left.
 */
export function mended(text: string, finding: Pick<ReplyFinding, 'start' | 'end' | 'quote'>, words: string): string | undefined {
  const [span] = spansFromBytes(text, [finding]);
  if (!span || text.slice(span.start, span.end) !== finding.quote) return undefined;
  const [from, to] = sentenceAround(text, span.start, span.end);
  const before = text.slice(0, from);
  const after = text.slice(to);
  const wanted = words && !(before + after).includes(words) ? words : '';
  if (wanted) return before + wanted + after;
  // A finding about the whole text is not mended by throwing all of it away.
  return (before.replace(/[ \t]+$/, ' ') + after.replace(/^[ \t]+/, '')).trim() || undefined;
}
