import { describe, expect, it } from 'vitest';
import type { Evidence, Tag } from '../api/types';
import { segmentText } from './segments';

const encoder = new TextEncoder();

function evidence(text: string, quote: string, rule = 'r'): Evidence {
  const start = encoder.encode(text.slice(0, text.indexOf(quote))).length;
  return { start, end: start + encoder.encode(quote).length, quote, rule };
}

function tag(topic: Tag['topic'], polarity: Tag['polarity'], ...spans: Evidence[]): Tag {
  return { topic, polarity, evidence: spans };
}

const shape = (text: string, tags: Tag[]) =>
  segmentText(text, tags).map((s) => [s.text, s.marks.map((m) => (m.kind === 'evidence' ? m.topic : m.name)).join('+')]);

describe('segmentText', () => {
  it('leaves a text without evidence in one piece', () => {
    expect(shape('Fine.', [])).toEqual([['Fine.', '']]);
    expect(segmentText('', [])).toEqual([]);
  });

  it('cuts overlapping spans where they begin and end', () => {
    const text = 'They overcharged me after an hour of waiting 😡 rudely.';
    const tags = [
      tag('billing', 'negative', evidence(text, 'overcharged me after an hour')),
      tag('wait_times', 'negative', evidence(text, 'an hour of waiting 😡')),
    ];
    expect(shape(text, tags)).toEqual([
      ['They ', ''],
      ['overcharged me after ', 'billing'],
      ['an hour', 'billing+wait_times'],
      [' of waiting 😡', 'wait_times'],
      [' rudely.', ''],
    ]);
  });

  it('handles a span inside another and two on the same words', () => {
    const text = 'سيئ جدا rude front desk';
    const tags = [
      tag('staff_attitude', 'negative', evidence(text, 'rude front desk'), evidence(text, 'rude')),
      tag('communication', 'negative', evidence(text, 'rude')),
    ];
    expect(shape(text, tags)).toEqual([
      ['سيئ جدا ', ''],
      ['rude', 'staff_attitude+staff_attitude+communication'],
      [' front desk', 'staff_attitude'],
    ]);
  });

  it('always gives back the whole text', () => {
    const text = 'a😀é\u0301 שלום\n<script>alert(1)</script> z';
    const bytes = encoder.encode(text).length;
    for (let start = 0; start <= bytes; start++) {
      for (let end = 0; end <= bytes + 1; end += 3) {
        const spans = [{ start, end, name: 'x' }, { start: end, end: start, name: 'y' }, { start: 0, end: 5, name: 'z' }];
        const segments = segmentText(text, [], spans);
        expect(segments.map((s) => s.text).join('')).toBe(text);
        expect(segments.every((s) => s.text.isWellFormed())).toBe(true);
      }
    }
  });

  it('leaves out evidence whose quote is not at its place', () => {
    const text = 'The bill was wrong';
    expect(shape(text, [tag('billing', 'negative', { start: 0, end: 3, quote: 'bill', rule: 'r' })])).toEqual([[text, '']]);
  });

  it('opens each span once, where it begins', () => {
    const text = 'one two three';
    const tags = [tag('billing', 'negative', evidence(text, 'one two three')), tag('facility', 'positive', evidence(text, 'two'))];
    expect(segmentText(text, tags).map((s) => s.opens)).toEqual([[0], [1], []]);
  });
});
