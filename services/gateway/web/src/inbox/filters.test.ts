import { describe, expect, it } from 'vitest';
import type { Review } from '../api/types';
import {
  apiFilters, filterParams, hasStar, isUnfiltered, matchesFilters, noFilters, parseFilters, toggleStar, toggleValue, type Filters,
} from './filters';

const parse = (query: string) => parseFilters(new URLSearchParams(query));
const full: Filters = {
  location_id: ['l1', 'l 2&x=y'], site: ['google'], topic: ['billing', 'upselling'], polarity: ['negative'],
  overall: ['mixed'], status: ['new', 'on_hold'], owner_id: ['me', 'none'], urgent: true, overdue: true, removed: true, snoozed: true,
  rating_min: 1, rating_max: 3, from: '2026-01-02', to: '2026-02-03', q: 'front desk #1 שלום', sort: 'due_at',
};

describe('the address of the inbox', () => {
  it('brings every filter back', () => {
    expect(parse(filterParams(full).toString())).toEqual(full);
    expect(parse(filterParams(noFilters).toString())).toEqual(noFilters);
  });

  it('holds nothing that is at its default', () => {
    expect(filterParams(noFilters).toString()).toBe('');
    expect(isUnfiltered({ ...noFilters, sort: 'rating' })).toBe(true);
    expect(isUnfiltered({ ...noFilters, urgent: true })).toBe(false);
  });

  it('drops what it does not understand', () => {
    expect(parse('topic=nonsense&polarity=NEGATIVE&status=done&sort=text&rating_min=0&rating_max=6&urgent=1&from=yesterday&to=2026-99-99')).toEqual(noFilters);
    expect(parse('sort=toString&topic=constructor')).toEqual(noFilters);
    expect(parse('rating_min=4&rating_max=2')).toEqual(noFilters);
  });

  it('keeps one of each value and bounds their number and length', () => {
    const many = Array.from({ length: 300 }, (_, i) => `location_id=l${i % 200}`).join('&');
    expect(parse(many).location_id).toHaveLength(50);
    expect(parse('site=a&site=a&site=').site).toEqual(['a']);
    expect(parse(`site=${'x'.repeat(101)}`).site).toEqual([]);
    expect([...parse(`q=${encodeURIComponent('😀'.repeat(500))}`).q]).toHaveLength(200);
  });
});

describe('apiFilters', () => {
  it('says no more than is chosen, and leaves out what is snoozed', () => {
    expect(apiFilters(noFilters)).toEqual({ snoozed: false });
    expect(apiFilters({ ...noFilters, snoozed: true })).toEqual({ snoozed: true });
  });

  it('counts stars as the facet does: rounded down', () => {
    expect(apiFilters({ ...noFilters, rating_min: 2, rating_max: 3 })).toEqual({ snoozed: false, rating_min: 2, rating_max: 3.99 });
    expect(apiFilters({ ...noFilters, rating_min: 5, rating_max: 5 })).toEqual({ snoozed: false, rating_min: 5 });
  });
});

describe('choosing', () => {
  it('adds and removes a value', () => {
    const once = toggleValue(noFilters, 'topic', 'billing');
    expect(once.topic).toEqual(['billing']);
    expect(toggleValue(once, 'topic', 'billing').topic).toEqual([]);
  });

  it('keeps the stars one range', () => {
    const range = (...stars: number[]) => {
      const f = stars.reduce(toggleStar, noFilters);
      return [1, 2, 3, 4, 5].filter((star) => hasStar(f, star));
    };
    expect(range(2)).toEqual([2]);
    expect(range(2, 4)).toEqual([2, 3, 4]);
    expect(range(2, 4, 1)).toEqual([1, 2, 3, 4]);
    expect(range(2, 4, 4)).toEqual([2, 3]);
    expect(range(2, 4, 2)).toEqual([3, 4]);
    expect(range(1, 5, 3)).toEqual([3]);
    expect(range(3, 3)).toEqual([]);
  });
});

describe('matchesFilters', () => {
  const review: Review = {
    id: 'r', site: 'google', location_id: 'l1', author: 'Ana', rating: 3.5, text: 'They billed me twice', version: 1, rev: 1,
    posted_at: '2026-03-04T23:30:00Z', first_seen_at: '2026-03-05T00:00:00Z', overall: 'negative', urgent: [], removed: false,
    tags: [{ topic: 'billing', polarity: 'negative', evidence: [] }, { topic: 'facility', polarity: 'positive', evidence: [] }],
    case: { status: 'new', owner_id: 'p1', due_at: '2026-03-06T00:00:00Z' },
  };
  const now = Date.parse('2026-03-05T12:00:00Z');
  const matches = (f: Partial<Filters>, r = review) => matchesFilters(r, { ...noFilters, ...f }, 'p1', now);

  it.each<[Partial<Filters>, boolean]>([
    [{}, true],
    [{ location_id: ['l2', 'l1'] }, true],
    [{ location_id: ['l2'] }, false],
    [{ topic: ['billing'], polarity: ['negative'] }, true],
    [{ topic: ['billing'], polarity: ['positive'] }, false],
    [{ polarity: ['positive'] }, true],
    [{ polarity: ['mixed'] }, false],
    [{ owner_id: ['me'] }, true],
    [{ owner_id: ['none'] }, false],
    [{ rating_min: 3, rating_max: 3 }, true],
    [{ rating_min: 4 }, false],
    [{ urgent: true }, false],
    [{ overdue: true }, false],
    [{ from: '2026-03-04', to: '2026-03-04' }, true],
    [{ from: '2026-03-05' }, false],
    [{ q: 'ana bill' }, true],
    [{ q: 'billing' }, false],
    [{ removed: true }, false],
  ])('%j is %s', (filters, expected) => {
    expect(matches(filters)).toBe(expected);
  });

  it('takes a case as overdue only while it is pending', () => {
    const late = { ...review, case: { ...review.case, due_at: '2026-03-05T00:00:00Z' } };
    expect(matches({ overdue: true }, late)).toBe(true);
    expect(matches({ overdue: true }, { ...late, case: { ...late.case, status: 'resolved' } })).toBe(false);
    expect(matches({ overdue: true }, { ...late, case: { ...late.case, due_at: null } })).toBe(false);
  });

  it('finds no rating in any range of ratings', () => {
    expect(matches({ rating_min: 1 }, { ...review, rating: null })).toBe(false);
  });
});
