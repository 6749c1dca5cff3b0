import { describe, expect, it } from 'vitest';
import type { Publication } from './model';
import { isThere, isUnderWay, publicationWords, undoSeconds } from './publicationWords';

const publication = (state: Publication['state'], more: Partial<Publication> = {}): Publication => ({
  id: 'r.p1.v1', state, text: 'Thank you.', by: { kind: 'person', id: 'p1' }, requested_at: '2026-03-02T10:00:00Z', ...more,
});

describe('publicationWords', () => {
  it.each<[Publication['state'], string]>([
    ['scheduled', 'wait'], ['sending', 'wait'], ['pending', 'wait'], ['published', 'good'], ['rejected', 'act'],
    ['failed', 'act'], ['by_hand', 'act'], ['copied', 'wait'], ['changed_on_site', 'act'], ['gone_from_site', 'act'],
  ])('%s', (state, tone) => {
    const words = publicationWords(publication(state), 'Google');
    expect(words.tone).toBe(tone);
    expect(words.title).not.toBe('');
    // Whatever needs a person says what to do.
    if (tone === 'act') expect(words.advice).not.toBe('');
  });

  it('tells a first try from a repeated one', () => {
    expect(publicationWords(publication('sending'), 'Google').title).toBe('Being sent to Google');
    expect(publicationWords(publication('sending', { attempts: 2 }), 'Google').title).toBe('Google did not take it yet');
  });
});

describe('undoSeconds', () => {
  it('counts down while it can be taken back', () => {
    const on = publication('scheduled', { undo_until: '2026-03-02T10:00:15Z' });
    expect(undoSeconds(on, Date.parse('2026-03-02T10:00:00.2Z'))).toBe(15);
    expect(undoSeconds(on, Date.parse('2026-03-02T10:00:14.9Z'))).toBe(1);
    expect(undoSeconds(on, Date.parse('2026-03-02T10:00:15Z'))).toBe(0);
    expect(undoSeconds(publication('sending'), 0)).toBe(0);
  });
});

describe('where a publication stands', () => {
  it('is under way, there, or neither', () => {
    expect([isUnderWay(publication('by_hand')), isThere(publication('by_hand'))]).toEqual([true, false]);
    expect([isUnderWay(publication('copied')), isThere(publication('copied'))]).toEqual([false, true]);
    expect([isUnderWay(publication('failed')), isThere(publication('failed'))]).toEqual([false, false]);
    expect([isUnderWay(undefined), isThere(undefined)]).toEqual([false, false]);
  });
});
