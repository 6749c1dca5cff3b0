import type { ReplyFinding } from '../api/types';
import { spansFromBytes } from '../text/utf8';

type Piece = { text: string; severity?: 'block' | 'warn' };

/** The text cut at the findings; where several lie over each other the gravest counts. */
export function piecesOf(text: string, findings: readonly Pick<ReplyFinding, 'start' | 'end' | 'severity'>[]): Piece[] {
  const spans = spansFromBytes(text, findings).flatMap((span, i) => {
    const severity = findings[i]?.severity;
    return span && severity ? [{ ...span, severity }] : [];
  });
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] as number;
    const to = cuts[i + 1] as number;
    const over = spans.filter((span) => span.start <= from && span.end >= to);
    const severity = over.some((span) => span.severity === 'block') ? 'block' : over[0]?.severity;
    pieces.push({ text: text.slice(from, to), severity });
  }
  return pieces;
}

/** The findings whose words stand where they were found: those of a text that has changed since may not. */
export function stillThere(text: string, findings: readonly ReplyFinding[]): ReplyFinding[] {
  const spans = spansFromBytes(text, findings);
  return findings.filter((finding, i) => {
    const span = spans[i];
    return span !== null && span !== undefined && text.slice(span.start, span.end) === finding.quote;
  });
}
