import { describe, expect, it } from 'vitest';
import { safeNext } from './next';

describe('safeNext', () => {
  it('goes back to a page of the app with its filters', () => {
    expect(safeNext('/inbox?topic=billing&q=a%20b')).toBe('/inbox?topic=billing&q=a%20b');
    expect(safeNext('/reviews/r_1')).toBe('/reviews/r_1');
  });

  it.each([null, '', 'inbox', '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil.example', '/sign-in?next=/x', '/.//evil.example'])(
    'goes to the inbox instead of %j',
    (next) => {
      expect(safeNext(next)).toBe('/inbox');
    },
  );
});
