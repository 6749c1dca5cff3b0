/** Finding the words of a search in a text as the server does: without case and accents, the last as a beginning. */
export type Hit = { text: string; hit: boolean };

const words = /[\p{L}\p{N}\p{M}]+/gu;

/** A word as it is compared: lower case, without marks. */
export function foldWord(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase();
}

/** Tells which words of a text a search means; null when the search holds no word. */
export function wordMatcher(query: string): ((word: string) => boolean) | null {
  const wanted = [...query.matchAll(words)].map((m) => foldWord(m[0])).filter(Boolean);
  const last = wanted.pop();
  if (last === undefined) return null;
  const whole = new Set(wanted);
  return (word) => {
    const folded = foldWord(word);
    return whole.has(folded) || folded.startsWith(last);
  };
}

/** Cuts a text into stretches that are hits and stretches that are not. */
export function searchHits(text: string, query: string): Hit[] {
  const matches = wordMatcher(query);
  if (!matches) return text ? [{ text, hit: false }] : [];
  const hits: Hit[] = [];
  let from = 0;
  for (const word of text.matchAll(words)) {
    if (!matches(word[0])) continue;
    if (word.index > from) hits.push({ text: text.slice(from, word.index), hit: false });
    hits.push({ text: word[0], hit: true });
    from = word.index + word[0].length;
  }
  if (from < text.length) hits.push({ text: text.slice(from), hit: false });
  return hits;
}

/** True where text holds all words of the search. */
export function textMatches(text: string, query: string): boolean {
  const wanted = [...query.matchAll(words)].map((m) => foldWord(m[0])).filter(Boolean);
  const have = [...text.matchAll(words)].map((m) => foldWord(m[0]));
  return wanted.every((word, i) => have.some((h) => (i === wanted.length - 1 ? h.startsWith(word) : h === word)));
}

/**
 * The stretch of a long text to show in a list: from its beginning, or, when a search is on and its first hit lies
 * further in, from a little before the hit. It never starts or ends inside a code point.
 */
export function snippet(text: string, query: string, length = 320): string {
  const flat = text.replace(/\s+/gu, ' ').trim();
  const matches = wordMatcher(query);
  let start = 0;
  if (matches) {
    for (const word of flat.matchAll(words)) {
      if (!matches(word[0])) continue;
      if (word.index > length / 2) start = word.index - 40;
      break;
    }
  }
  if (start > 0) start = flat.indexOf(' ', start) + 1 || start;
  if (isLowSurrogate(flat, start)) start++;
  let end = Math.min(flat.length, start + length);
  if (isLowSurrogate(flat, end)) end--;
  return (start > 0 ? '… ' : '') + flat.slice(start, end) + (end < flat.length ? ' …' : '');
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
