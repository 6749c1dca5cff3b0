import { describe, expect, it } from 'vitest';
import { foreignLink } from './links';

describe('foreignLink', () => {
  it('takes pages of the web and nothing else', () => {
    expect(foreignLink('https://example.com/r/1?a=b')).toBe('https://example.com/r/1?a=b');
    expect(foreignLink('http://example.com')).toBe('http://example.com/');
    for (const address of ['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', '/inbox', '', undefined, 'accounts/1/locations/2', 'ftp://x']) {
      expect(foreignLink(address)).toBeUndefined();
    }
  });
});
