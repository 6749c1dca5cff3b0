import { describe, expect, it } from 'vitest';
import { spansFromBytes } from './utf8';

/** The byte span of the n-th occurrence of a word, counted by the platform's own encoder. */
function byteSpan(text: string, word: string, from = 0) {
  const at = text.indexOf(word, from);
  expect(at).toBeGreaterThanOrEqual(0);
  const encoder = new TextEncoder();
  const start = encoder.encode(text.slice(0, at)).length;
  return { start, end: start + encoder.encode(word).length };
}

describe('spansFromBytes', () => {
  const texts: [name: string, text: string, word: string][] = [
    ['ascii', 'The bill was wrong.', 'bill'],
    ['emoji before', 'Great 😀😀 staff, slow 🕰️ lobby', 'slow'],
    ['emoji inside', 'so 😡 rude 😡 indeed', '😡 rude 😡'],
    ['family joined by zero width joiners', 'Our 👨‍👩‍👧‍👦 loves them', '👨‍👩‍👧‍👦 loves'],
    ['combining marks', 'cafe\u0301 next door, clean\u0308 room', 'clean\u0308 room'],
    ['right to left', 'الطبيب ممتاز والاستقبال سيئ جدا', 'والاستقبال سيئ'],
    ['hebrew with latin', 'השירות של Dr. Levi היה מצוין', 'Dr. Levi היה'],
    ['han', '医生很好，但是等待时间太长。', '等待时间太长'],
    ['at the very end', 'waited 2 hours 🙄', '2 hours 🙄'],
    ['at the very beginning', '🦷 hurt', '🦷'],
  ];
  it.each(texts)('finds the same words: %s', (_name, text, word) => {
    const [span] = spansFromBytes(text, [byteSpan(text, word)]);
    expect(span).not.toBeNull();
    expect(text.slice(span?.start, span?.end)).toBe(word);
  });

  it('maps many spans in one pass, in the order asked', () => {
    const text = '😀 one 😀 two 😀 three';
    const words = ['three', 'one', 'two'];
    const spans = spansFromBytes(text, words.map((word) => byteSpan(text, word)));
    expect(spans.map((span) => text.slice(span?.start, span?.end))).toEqual(words);
  });

  it('widens a span that cuts a code point, so that no lone surrogate comes out', () => {
    const text = 'a😀b';
    for (let start = 0; start < 6; start++) {
      for (let end = start + 1; end <= 6; end++) {
        const [span] = spansFromBytes(text, [{ start, end }]);
        expect(span).not.toBeNull();
        expect(text.slice(span?.start, span?.end).isWellFormed()).toBe(true);
      }
    }
    expect(spansFromBytes(text, [{ start: 2, end: 4 }])).toEqual([{ start: 1, end: 3 }]);
  });

  it('counts a lone surrogate as the encoder does', () => {
    const text = 'x\ud83d bill';
    const [span] = spansFromBytes(text, [byteSpan(text, 'bill')]);
    expect(text.slice(span?.start, span?.end)).toBe('bill');
  });

  it('refuses spans that are empty, reversed, negative or behind the end', () => {
    expect(
      spansFromBytes('bill', [
        { start: 2, end: 2 },
        { start: 3, end: 1 },
        { start: -1, end: 2 },
        { start: 0, end: 5 },
        { start: NaN, end: 2 },
      ]),
    ).toEqual([null, null, null, null, null]);
    expect(spansFromBytes('', [{ start: 0, end: 1 }])).toEqual([null]);
  });

  it('agrees with the platform for every pair of code points of a mixed text', () => {
    const text = 'aé€😀\u0301שﷺ\r\nz';
    const points = [...text];
    const encoder = new TextEncoder();
    for (let from = 0; from < points.length; from++) {
      for (let to = from + 1; to <= points.length; to++) {
        const head = points.slice(0, from).join('');
        const word = points.slice(from, to).join('');
        const start = encoder.encode(head).length;
        const [span] = spansFromBytes(text, [{ start, end: start + encoder.encode(word).length }]);
        expect(span).toEqual({ start: head.length, end: head.length + word.length });
      }
    }
  });
});
