import { beforeEach, describe, expect, it, vi } from 'vitest';
import { clearDrafts, keepReply, keptReply, loadDraft, saveDraft } from './drafts';

/** A storage whose keys are its own properties, as in a browser. */
class Storage {
  [key: string]: unknown;
  getItem(key: string): string | null {
    return Object.hasOwn(this, key) ? String(this[key]) : null;
  }
  setItem(key: string, value: string): void {
    this[key] = value;
  }
  removeItem(key: string): void {
    Reflect.deleteProperty(this, key);
  }
}

describe('drafts', () => {
  beforeEach(() => vi.stubGlobal('sessionStorage', new Storage()));

  it('keeps a text for its review', () => {
    saveDraft('r_1', loadDraft('r_1'), 'Called them');
    expect(loadDraft('r_1').text).toBe('Called them');
    expect(loadDraft('r_2').text).toBe('');
  });

  it('forgets all of them on sign-out and nothing else', () => {
    saveDraft('r_1', loadDraft('r_1'), 'one');
    saveDraft('r_2', loadDraft('r_2'), 'two');
    sessionStorage.setItem('something else', 'stays');
    clearDrafts();
    expect(loadDraft('r_1').text).toBe('');
    expect(loadDraft('r_2').text).toBe('');
    expect(sessionStorage.getItem('something else')).toBe('stays');
  });

  it('keeps an unsaved reply with its version, and forgets it on sign-out', () => {
    keepReply('r_1', { version: 3, text: 'Thank you' });
    expect(keptReply('r_1')).toEqual({ version: 3, text: 'Thank you' });
    expect(keptReply('r_2')).toBeUndefined();
    sessionStorage.setItem('bedside-note-reply-r_2', '{"version":"x"}');
    expect(keptReply('r_2')).toBeUndefined();
    clearDrafts();
    expect(keptReply('r_1')).toBeUndefined();
  });
});
