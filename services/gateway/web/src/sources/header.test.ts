import { describe, expect, it } from 'vitest';
import { columnsParameter, csvColumns, decodeStart, guessMapping, looksLikeJSONLines, nameable, siteKey, siteOfURL } from './header';

describe('csvColumns', () => {
  it.each([
    ['external_id,author,rating,posted_at,text\n1,A,5,2026-01-01,x', ['external_id', 'author', 'rating', 'posted_at', 'text']],
    ['\ufeff"Review ID";"Comment; long";Stars\r\n', ['Review ID', 'Comment; long', 'Stars']],
    ['Date\tStars\tComment', ['Date', 'Stars', 'Comment']],
    ['"said ""hi""",b\n', ['said "hi"', 'b']],
    ['"never closed,a\nb', ['never closed,a\nb']],
    ['', []],
    [',,\n', []],
  ])('%j', (start, expected) => {
    expect(csvColumns(start)).toEqual(expected);
  });
});

describe('decodeStart', () => {
  it('reads what spreadsheets write', () => {
    expect(decodeStart(new Uint8Array([0xff, 0xfe, 0x61, 0, 0x62, 0]))).toBe('ab');
    expect(decodeStart(new Uint8Array([0xfe, 0xff, 0, 0x61]))).toBe('a');
    expect(decodeStart(new TextEncoder().encode('é'))).toBe('é');
    expect(looksLikeJSONLines(' {"text":"x"}')).toBe(true);
  });
});

describe('guessMapping', () => {
  it('knows the usual names and gives no column to two fields', () => {
    const mapping = guessMapping(['Review ID', 'Reviewer Name', 'Star Rating', 'Review Date', 'Comment', 'Review']);
    expect(mapping).toEqual({ external_id: 'Review ID', author: 'Reviewer Name', rating: 'Star Rating', posted_at: 'Review Date', text: 'Comment' });
    expect(columnsParameter(mapping)).toBe('text=Comment,rating=Star Rating,author=Reviewer Name,posted_at=Review Date,external_id=Review ID');
  });

  it('says nothing where the names are our own', () => {
    expect(columnsParameter(guessMapping(['external_id', 'author', 'rating', 'posted_at', 'text']))).toBeUndefined();
    expect(nameable('a=b')).toBe(false);
  });
});

describe('sites', () => {
  it('makes a name out of anything', () => {
    expect(siteKey(' Front desk: Cards! ')).toBe('front-desk-cards');
    expect(siteKey('Übersicht')).toBe('ubersicht');
    expect(siteKey('✓')).toBe('');
    expect(siteOfURL('https://www.healthgrades.com/dentist/dr-x')).toBe('healthgrades');
    expect(siteOfURL('https://reviews.example.co.uk/x')).toBe('example');
    expect(siteOfURL('http://127.0.0.1:9000/x')).toBe('127');
    expect(siteOfURL('not an address')).toBe('');
  });
});
