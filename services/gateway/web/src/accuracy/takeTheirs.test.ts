import { expect, test } from 'vitest';
import type { Finding, Listing, Location } from '../api/types';
import { putBack, takeTheirs } from './takeTheirs';

const location = { id: 'l', name: 'Lakeside', telephone: '1', address: { street: '9 Oak Rd', country: 'US' }, hours: [], categories: [], rev: 3 } as unknown as Location;
const finding = (change: Partial<Finding>) => ({ kind: 'differs', field: 'telephone', ours: '1', theirs: '2', ...change }) as Finding;

test('a plain field is taken as the site shows it', () => {
  expect(takeTheirs(finding({}), undefined, location)).toEqual({ telephone: '2' });
  expect(takeTheirs(finding({ field: 'accepts_new_patients', theirs: 'no' }), undefined, location)).toEqual({ accepts_new_patients: false });
});

test('an address is taken from the facts of the listing, and never out of one line', () => {
  const listing = { facts: { address: { street: '12 Elm St', locality: 'Salem' } } } as unknown as Listing;
  expect(takeTheirs(finding({ field: 'address' }), listing, location)).toEqual({ address: { country: 'US', street: '12 Elm St', locality: 'Salem' } });
  expect(takeTheirs(finding({ field: 'address' }), { facts: { address: { street: '12 Elm St, Salem' } } } as unknown as Listing, location)).toBeUndefined();
});

test('hours, duplicates and what is missing take a person', () => {
  for (const change of [{ field: 'hours' }, { kind: 'duplicate', field: 'listing' }, { kind: 'missing', theirs: '' }] as Partial<Finding>[]) {
    expect(takeTheirs(finding(change), undefined, location)).toBeUndefined();
  }
});

test('the way back holds what the record said', () => {
  expect(putBack({ telephone: '2', accepts_new_patients: true }, location)).toEqual({ telephone: '1', accepts_new_patients: null });
});
