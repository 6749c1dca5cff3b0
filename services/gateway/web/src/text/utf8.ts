/**
 * Byte offsets of UTF-8 to indexes of a JavaScript string.
 *
 * The server counts bytes, a string here counts UTF-16 units; between them lie code points. A span that cuts a
 * code point in two is widened to whole code points, so that no half of a surrogate pair ever reaches the page.
 */
export type Span = { start: number; end: number };

/** The number of bytes a code point takes in UTF-8. A lone surrogate counts as U+FFFD does: three. */
function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/**
 * Maps many byte spans of one text in a single pass. The answer has one entry for each span, in order; it is null
 * where a span is empty, reversed or reaches behind the text.
 */
export function spansFromBytes(text: string, spans: readonly Span[]): (Span | null)[] {
  const wanted = new Map<number, { floor: number; ceil: number }>();
  for (const span of spans) {
    wanted.set(span.start, { floor: 0, ceil: 0 });
    wanted.set(span.end, { floor: 0, ceil: 0 });
  }
  const offsets = [...wanted.keys()].sort((a, b) => a - b);

  let next = 0;
  let bytes = 0;
  let index = 0;
  const settle = (untilByte: number, floor: number, ceil: number) => {
    while (next < offsets.length) {
      const offset = offsets[next] as number;
      if (offset > untilByte) return;
      wanted.set(offset, offset < 0 ? { floor: -1, ceil: -1 } : offset === untilByte ? { floor: ceil, ceil } : { floor, ceil });
      next++;
    }
  };
  settle(0, 0, 0);
  for (const character of text) {
    if (next === offsets.length) break;
    const before = index;
    bytes += utf8Length(character.codePointAt(0) as number);
    index += character.length;
    settle(bytes, before, index);
  }
  while (next < offsets.length) wanted.set(offsets[next++] as number, { floor: -1, ceil: -1 });

  return spans.map(({ start, end }) => {
    if (!(end > start)) return null;
    const from = wanted.get(start)?.floor ?? -1;
    const to = wanted.get(end)?.ceil ?? -1;
    return from < 0 || to < 0 ? null : { start: from, end: to };
  });
}
