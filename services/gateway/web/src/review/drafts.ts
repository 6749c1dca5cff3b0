/** A note being written; the key stays the same for one text, so that sending it twice adds it once. */
export type Draft = { text: string; key: string };

const prefix = 'bedside-note-';

/** A random key; `crypto.randomUUID` is missing where the page is not served over TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The draft kept for a review in this tab, or an empty one. */
export function loadDraft(reviewId: string): Draft {
  try {
    const text = sessionStorage.getItem(prefix + reviewId);
    return { text: text ?? '', key: newKey() };
  } catch {
    return { text: '', key: newKey() };
  }
}

/** Keeps a changed text. It is another note from now on, so it gets another key. */
export function saveDraft(reviewId: string, draft: Draft, text: string): Draft {
  try {
    if (text) sessionStorage.setItem(prefix + reviewId, text);
    else sessionStorage.removeItem(prefix + reviewId);
  } catch {
    // A tab without storage still writes notes; it only forgets them when left.
  }
  return text.trim() === draft.text.trim() ? { ...draft, text } : { text, key: newKey() };
}

/** Forgets all drafts of this tab, so that whoever signs in next sees none of them. */
export function clearDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix)) sessionStorage.removeItem(key);
    }
  } catch {
    // Nothing was stored.
  }
}

export function clearDraft(reviewId: string): void {
  try {
    sessionStorage.removeItem(prefix + reviewId);
  } catch {
    // Nothing was stored.
  }
}

/** A reply that was not saved yet, with the version of the draft it is based on. */
export type Unsaved = { version: number; text: string };

const replyPrefix = `${prefix}reply-`;

/** The unsaved reply of this tab for a review, if there is one. */
export function keptReply(reviewId: string): Unsaved | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(replyPrefix + reviewId) ?? 'null');
    if (kept && typeof kept === 'object' && 'version' in kept && 'text' in kept && typeof kept.version === 'number' && typeof kept.text === 'string') {
      return { version: kept.version, text: kept.text };
    }
  } catch {
    // What cannot be read was not kept.
  }
  return undefined;
}

/** Keeps an unsaved reply through a reload of this tab; undefined forgets it. */
export function keepReply(reviewId: string, unsaved: Unsaved | undefined): void {
  try {
    if (unsaved) sessionStorage.setItem(replyPrefix + reviewId, JSON.stringify(unsaved));
    else sessionStorage.removeItem(replyPrefix + reviewId);
  } catch {
    // A tab without storage still saves on the server a moment later.
  }
}
