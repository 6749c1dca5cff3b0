import { describe, expect, it } from 'vitest';
import { mended, sentenceAround, wordings } from './wording';

const encoder = new TextEncoder();
const finding = (text: string, quote: string) => {
  const start = encoder.encode(text.slice(0, text.indexOf(quote))).length;
  return { start, end: start + encoder.encode(quote).length, quote };
};

describe('wordings', () => {
  it('are what the advice quotes', () => {
    expect(wordings('Speak of the review, not of the visit: "Thank you for writing" or "We are sorry to read this."')).toEqual(['Thank you for writing', 'We are sorry to read this.']);
    expect(wordings('Leave out what you know of the person.')).toEqual([]);
  });
});

describe('mended', () => {
  const text = 'Hello 😡. Thank you for visiting us in May. Please call us.';
  it('replaces the whole sentence, behind letters of several bytes too', () => {
    expect(mended(text, finding(text, 'visiting us'), 'Thank you for writing.')).toBe('Hello 😡. Thank you for writing. Please call us.');
  });
  it('takes the sentence out where there is nothing to put, or it is there already', () => {
    expect(mended(text, finding(text, 'visiting us'), '')).toBe('Hello 😡. Please call us.');
    expect(mended(text, finding(text, 'visiting us'), 'Please call us.')).toBe('Hello 😡. Please call us.');
  });
  it('touches nothing where the text has changed since', () => {
    expect(mended('Other words that are as long as it takes.', finding(text, 'visiting us'), 'x')).toBeUndefined();
    expect(mended('', finding(text, 'visiting us'), 'x')).toBeUndefined();
  });
  it('does not empty a text whose whole is the finding', () => {
    expect(mended('Thank you. We read all.', finding('Thank you. We read all.', 'Thank you. We read all.'), '')).toBeUndefined();
  });
  it('keeps paragraphs', () => {
    const two = 'First.\n\nYour chart says so.\n\nLast.';
    expect(mended(two, finding(two, 'Your chart'), 'We look into it.')).toBe('First.\n\nWe look into it.\n\nLast.');
  });
});

describe('sentenceAround', () => {
  it('covers a span over two sentences', () => {
    const text = 'One two. Three four. Five.';
    expect(sentenceAround(text, 4, 14)).toEqual([0, 20]);
  });
});
