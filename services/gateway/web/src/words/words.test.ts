import { describe, expect, it } from 'vitest';
import { count, humanise, siteName } from './words';

describe('siteName', () => {
  it.each([
    ['ratemds', 'RateMDs'],
    ['frontdesk-cards', 'Frontdesk cards'],
    ['', ''],
    ['--', '--'],
    ['constructor', 'Constructor'],
    ['toString', 'ToString'],
    ['__proto__', 'Proto'],
  ])('shows %j as %j', (site, shown) => expect(siteName(site)).toBe(shown));
});

describe('humanise', () => {
  it('makes a code readable', () => expect(humanise('due_changed')).toBe('Due changed'));
});

describe('count', () => {
  it.each([
    [1, '1 review'],
    [0, '0 reviews'],
    [1234, '1,234 reviews'],
  ])('says how many %i are', (n, said) => expect(count(n, 'review')).toBe(said));
});
