import { describe, expect, it } from 'vitest';
import type { Person, Review } from '../api/types';
import { candidates } from './OwnerPicker';

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id, name: id, email: `${id}@example.com`, role: 'responder', location_ids: [], active: true, away: false, ...more,
});
const review = { location_id: 'l1' } as Review;

describe('candidates', () => {
  it('offers who covers the location before others, and who is away last', () => {
    const people = [
      person('far'), person('away', { location_ids: ['l1'], away: true }), person('near', { location_ids: ['l1'] }), person('me', { location_ids: ['l1'] }),
    ];
    expect(candidates(people, review, 'me').map((p) => p.id)).toEqual(['me', 'near', 'far', 'away']);
  });

  it('offers nobody who has left or may only look', () => {
    const people = [person('left', { active: false }), person('looks', { role: 'viewer' }), person('works', { role: 'manager' })];
    expect(candidates(people, review, 'me').map((p) => p.id)).toEqual(['works']);
  });
});
