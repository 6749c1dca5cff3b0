/**
 * Characters of foreign text that could make a page lie: bidirectional embeddings, overrides and isolates reorder
 * what stands beside them, control and invisible tag characters hide. They are shown as small visible marks.
 * Left-to-right and right-to-left marks and zero width joiners stay as they are: real Arabic, Hebrew and emoji need
 * them, and they cannot reorder a neighbour.
 */
export type ForeignPart = { text: string } | { sign: string; name: string };

const names: Record<number, [sign: string, name: string]> = {
  0x202a: ['LRE', 'left-to-right embedding'],
  0x202b: ['RLE', 'right-to-left embedding'],
  0x202c: ['PDF', 'end of directional formatting'],
  0x202d: ['LRO', 'left-to-right override'],
  0x202e: ['RLO', 'right-to-left override'],
  0x2066: ['LRI', 'left-to-right isolate'],
  0x2067: ['RLI', 'right-to-left isolate'],
  0x2068: ['FSI', 'first strong isolate'],
  0x2069: ['PDI', 'end of directional isolate'],
};

// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const signs = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Cuts a text into plain stretches and the characters to be shown as a mark. */
export function foreignParts(text: string): ForeignPart[] {
  const parts: ForeignPart[] = [];
  let from = 0;
  for (const match of text.matchAll(signs)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    const code = match[0].charCodeAt(0);
    const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    const [sign, name] = names[code] ?? [hex, 'control character'];
    parts.push({ sign, name: `${name} (${hex})` });
    from = match.index + 1;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}
