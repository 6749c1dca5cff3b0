import { describe, expect, it } from 'vitest';
import { foreignParts } from './foreign';

describe('foreignParts', () => {
  it('leaves plain text, emoji and right-to-left text alone', () => {
    for (const text of ['Hello\nworld\t!', '👨‍👩‍👧 fine', 'مرحبا\u200f!', '<script>alert(1)</script>', '=HYPERLINK("x")']) {
      expect(foreignParts(text)).toEqual([{ text }]);
    }
    expect(foreignParts('')).toEqual([]);
  });

  it('shows an override as a mark', () => {
    expect(foreignParts('safe \u202egpj.exe')).toEqual([
      { text: 'safe ' },
      { sign: 'RLO', name: 'right-to-left override (U+202E)' },
      { text: 'gpj.exe' },
    ]);
  });

  it('leaves no reordering or control character in any text part', () => {
    const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('');
    const rest = foreignParts(all).map((part) => ('text' in part ? part.text : '')).join('');
    expect(rest).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000\u001b\u0085]/); // eslint-disable-line no-control-regex
    expect(rest).toContain('\n');
    expect(rest).toContain('\u200d');
  });
});
