import { describe, expect, it } from 'vitest';
import { searchHits, snippet, textMatches } from './search';

const marked = (text: string, query: string) =>
  searchHits(text, query).map((h) => (h.hit ? `[${h.text}]` : h.text)).join('');

describe('searchHits', () => {
  it('marks whole words and the beginning of the last', () => {
    expect(marked('The front desk was frontal. Fronts!', 'desk front')).toBe('The [front] [desk] was [frontal]. [Fronts]!');
    expect(marked('The fronts desk', 'front desk')).toBe('The fronts [desk]');
  });

  it('does not care about case and accents, in any script', () => {
    expect(marked('El CAFÉ está frío', 'cafe fri')).toBe('El [CAFÉ] está [frío]');
    expect(marked('cafe\u0301 👍', 'café')).toBe('[cafe\u0301] 👍');
    expect(marked('الطبيب ممتاز', 'ممتاز')).toBe('الطبيب [ممتاز]');
  });

  it('takes a search that is not a pattern as words', () => {
    expect(marked('a.*b (c)', '.*(')).toBe('a.*b (c)');
    expect(marked('a.*b (c)', '(c')).toBe('a.*b ([c])');
    expect(searchHits('', 'x')).toEqual([]);
  });
});

describe('textMatches', () => {
  it('wants every word', () => {
    expect(textMatches('Slow but kind Dr. Ünal', 'unal slow')).toBe(true);
    expect(textMatches('Slow but kind', 'slo kind')).toBe(false);
    expect(textMatches('Slow but kind', 'kind slo')).toBe(true);
  });
});

describe('snippet', () => {
  it('starts near the first hit of a long text', () => {
    const text = `${'filler words here '.repeat(40)}the invoice was wrong`;
    expect(snippet(text, 'invoice', 100)).toMatch(/^… .*invoice was wrong$/);
    expect(snippet(text, '', 100)).toMatch(/^filler.* …$/);
  });

  it('never cuts an emoji', () => {
    for (let length = 1; length < 12; length++) expect(snippet('😀'.repeat(10), '', length).isWellFormed()).toBe(true);
  });
});
