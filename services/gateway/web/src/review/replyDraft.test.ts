import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/problem';
import type { ReplyDraft } from './model';
import { ReplyWriter, type Base } from './replyDraft';

const draft = (version: number, text: string): ReplyDraft => ({ version, text, state: 'editing', by: { kind: 'person', id: 'p1' }, at: '2026-03-02T10:00:00Z', earlier: [] });
const changed = (theirs?: ReplyDraft) => new ProblemError({ status: 409, code: 'draft_changed', title: 'changed', current_draft: theirs });

/** A server that holds one draft and refuses a save that is based on another version. */
function desk(first?: ReplyDraft, kept?: Base) {
  const server = { rev: 1, draft: first, saves: [] as string[], fail: undefined as ProblemError | undefined, hold: undefined as Promise<void> | undefined };
  let unsaved: Base | undefined = kept;
  const writer = new ReplyWriter({
    draft: first, rev: 1, kept, rest: 1500, again: 6000,
    keep: (base) => { unsaved = base; },
    save: async (version, text) => {
      await server.hold;
      server.saves.push(text);
      if (server.fail) throw server.fail;
      if ((server.draft?.version ?? 0) !== version) throw changed(server.draft);
      server.draft = draft(version + 1, text);
      return { draft: server.draft, rev: ++server.rev };
    },
  });
  return { server, writer, unsaved: () => unsaved };
}

describe('ReplyWriter', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('saves once when typing rests', async () => {
    const { server, writer, unsaved } = desk();
    writer.type('Thank');
    await vi.advanceTimersByTimeAsync(1400);
    writer.type('Thank you');
    expect(unsaved()).toEqual({ version: 0, text: 'Thank you' });
    await vi.advanceTimersByTimeAsync(1499);
    expect(server.saves).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.saves).toEqual(['Thank you']);
    expect(writer.current()).toMatchObject({ phase: 'saved', base: { version: 1, text: 'Thank you' } });
    expect(unsaved()).toBeUndefined();
  });

  it('keeps what is typed while a save is on its way, and saves it on top', async () => {
    const { server, writer } = desk();
    let release = () => {};
    server.hold = new Promise((resolve) => { release = resolve; });
    writer.type('one');
    await vi.advanceTimersByTimeAsync(1500);
    writer.type('one two');
    release();
    await vi.advanceTimersByTimeAsync(1500);
    expect(server.saves).toEqual(['one', 'one two']);
    expect(writer.current()).toMatchObject({ text: 'one two', phase: 'saved', base: { version: 2 } });
  });

  it('shows both texts where another was saved meanwhile, and loses neither', async () => {
    const { server, writer } = desk(draft(1, 'first'));
    server.draft = draft(2, 'theirs');
    writer.type('mine');
    expect(await writer.flush()).toBe(false);
    expect(writer.current()).toMatchObject({ phase: 'conflict', text: 'mine', theirs: { version: 2, text: 'theirs' } });
    writer.arrived(draft(2, 'theirs'), 9);
    expect(writer.current().text).toBe('mine');
    writer.keepMine();
    await vi.advanceTimersByTimeAsync(0);
    expect(server.draft).toMatchObject({ version: 3, text: 'mine' });
    expect(writer.current().phase).toBe('saved');
  });

  it('goes on with the other text when that is chosen, and from nothing where the draft is gone', async () => {
    const { server, writer } = desk(draft(1, 'first'));
    server.draft = draft(2, 'theirs');
    writer.type('mine');
    await writer.flush();
    writer.takeTheirs();
    expect(writer.current()).toMatchObject({ text: 'theirs', base: { version: 2 }, phase: 'saved' });
    server.draft = undefined;
    writer.type('again mine');
    await writer.flush();
    expect(writer.current()).toMatchObject({ phase: 'conflict', theirs: null });
    writer.keepMine();
    await vi.advanceTimersByTimeAsync(0);
    expect(server.draft).toMatchObject({ version: 1, text: 'again mine' });
  });

  it('takes over what a colleague saved while nothing is unsaved here, and only then', () => {
    const { writer } = desk(draft(1, 'first'));
    writer.arrived(draft(2, 'theirs'), 2);
    expect(writer.current()).toMatchObject({ text: 'theirs', base: { version: 2 } });
    writer.type('mine');
    writer.arrived(draft(3, 'theirs again'), 3);
    expect(writer.current()).toMatchObject({ text: 'mine', base: { version: 2 } });
  });

  it('takes nothing from an answer older than what it saved', async () => {
    const { writer } = desk(draft(1, 'first'));
    writer.type('second');
    await writer.flush();
    writer.arrived(draft(1, 'first'), 1);
    writer.arrived(undefined, 1);
    expect(writer.current()).toMatchObject({ text: 'second', base: { version: 2 } });
  });

  it('becomes empty when the draft is done with', () => {
    const { writer } = desk(draft(4, 'sent'));
    writer.arrived(undefined, 2);
    expect(writer.current()).toMatchObject({ text: '', base: { version: 0 }, phase: 'saved' });
  });

  it('tries again by itself where the server is away, and not where the text is at fault', async () => {
    const { server, writer } = desk();
    server.fail = new ProblemError({ status: 503, code: 'unavailable', title: 'away' });
    writer.type('words');
    await vi.advanceTimersByTimeAsync(1500);
    expect(writer.current().phase).toBe('failed');
    server.fail = new ProblemError({ status: 422, code: 'invalid_draft', title: 'too long' });
    await vi.advanceTimersByTimeAsync(6000);
    expect(server.saves).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.saves).toHaveLength(2);
    server.fail = undefined;
    expect(await writer.flush()).toBe(true);
  });

  it('brings back what a closed tab had not saved', async () => {
    const { server, writer } = desk(draft(3, 'saved'), { version: 3, text: 'saved and more' });
    expect(writer.current()).toMatchObject({ text: 'saved and more', phase: 'waiting' });
    await vi.advanceTimersByTimeAsync(1500);
    expect(server.draft?.text).toBe('saved and more');
    expect(desk(draft(5, 'newer'), { version: 3, text: 'mine' }).writer.current()).toMatchObject({ phase: 'conflict', text: 'mine', theirs: { version: 5 } });
  });
});
