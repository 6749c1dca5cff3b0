import { asProblem, type ProblemError } from '../api/problem';
import type { ReplyDraft } from './model';

/** The part of a draft that a text is based on; version 0 is none yet. */
export type Base = { version: number; text: string };

/** What is shown of a draft while somebody writes it. */
export type Writing = {
  text: string;
  /** Where the text began: a template, a suggestion, the assistant; empty when it was typed. */
  origin: string;
  base: Base;
  /** `waiting` for typing to rest, `saving`, `saved`, `failed` and tried again by itself, or `conflict`. */
  phase: 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict';
  problem?: ProblemError;
  /** What is on the server in a conflict; null where the draft is gone from there. */
  theirs?: ReplyDraft | null;
};

type Config = {
  draft: ReplyDraft | undefined;
  /** Of the review that the draft was read with: an answer older than what was saved says nothing new. */
  rev: number;
  /** What this tab kept of a text that was not saved. */
  kept?: Base;
  save: (version: number, text: string, origin: string) => Promise<{ draft: ReplyDraft | undefined; rev: number }>;
  /** Keeps an unsaved text through a reload; undefined forgets it. */
  keep: (unsaved: Base | undefined) => void;
  /** How long typing must rest before it is saved, in milliseconds. */
  rest?: number;
  /** How long after a failure it is tried again, in milliseconds. */
  again?: number;
};

const baseOf = (draft: ReplyDraft | null | undefined): Base => (draft ? { version: draft.version, text: draft.text } : { version: 0, text: '' });

/**
 * One reply as it is written: saved by itself a moment after the last key, never over somebody else's text. A save
 * says which version it is based on; where the server has another one, both texts are kept until a person chooses.
 */
export class ReplyWriter {
  private state: Writing;
  private readonly config: Config;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<boolean> | undefined;
  private rev: number;

  constructor(config: Config) {
    this.config = config;
    this.rev = config.rev;
    const base = baseOf(config.draft);
    this.state = { text: base.text, origin: '', base, phase: 'saved' };
    const { kept } = config;
    if (kept && kept.text !== base.text) {
      this.state.text = kept.text;
      if (kept.version === base.version) {
        this.state.phase = 'waiting';
        this.schedule(config.rest ?? 1500);
      } else this.state = { ...this.state, phase: 'conflict', theirs: config.draft ?? null };
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): Writing => this.state;

  /** Takes what a person wrote, or chose to begin with. */
  type(text: string, origin?: string): void {
    if (this.state.phase === 'conflict') {
      this.show({ text });
      this.config.keep({ version: this.state.base.version, text });
      return;
    }
    const dirty = text !== this.state.base.text;
    this.show({ text, origin: origin ?? this.state.origin, phase: this.running ? 'saving' : dirty ? 'waiting' : 'saved', problem: undefined });
    this.config.keep(dirty ? { version: this.state.base.version, text } : undefined);
    if (dirty) this.schedule(this.config.rest ?? 1500);
    else clearTimeout(this.timer);
  }

  /** Takes the draft as the server has it now; a text that is being written stays. */
  arrived(draft: ReplyDraft | undefined, rev: number): void {
    if (rev < this.rev) return;
    const fresh = baseOf(draft);
    if (fresh.version === this.state.base.version || this.running || this.state.phase === 'conflict') return;
    if (this.state.text !== this.state.base.text && this.state.text !== fresh.text) return;
    this.rev = rev;
    clearTimeout(this.timer);
    this.config.keep(undefined);
    this.show({ text: fresh.text, base: fresh, origin: '', phase: 'saved', problem: undefined });
  }

  /** Saves what is not saved yet; true when everything is on the server. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.state.phase === 'conflict') return false;
    if (this.state.text === this.state.base.text) return true;
    return this.save();
  }

  /** In a conflict: puts one's own text over the other, which stays among the earlier versions. */
  keepMine(): void {
    if (this.state.phase !== 'conflict') return;
    this.show({ base: baseOf(this.state.theirs), phase: 'waiting', theirs: undefined });
    void this.flush();
  }

  /** In a conflict: goes on with the other text. */
  takeTheirs(): void {
    if (this.state.phase !== 'conflict') return;
    const base = baseOf(this.state.theirs);
    this.config.keep(undefined);
    this.show({ text: base.text, base, origin: '', phase: 'saved', theirs: undefined, problem: undefined });
  }

  /** Ends the writing: what is not saved is sent, and kept in this tab until it is. */
  end(): void {
    void this.flush();
  }

  private schedule(after: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), after);
  }

  private save(): Promise<boolean> {
    const { text, base, origin } = this.state;
    this.show({ phase: 'saving' });
    this.running = this.config
      .save(base.version, text, origin)
      .then(({ draft, rev }) => {
        this.rev = Math.max(this.rev, rev);
        const saved = baseOf(draft);
        const typedOn = this.state.text !== text;
        this.running = undefined;
        this.show({ base: { version: saved.version, text }, phase: typedOn ? 'waiting' : 'saved', problem: undefined, origin: typedOn ? this.state.origin : '' });
        this.config.keep(typedOn ? { version: saved.version, text: this.state.text } : undefined);
        if (typedOn) this.schedule(this.config.rest ?? 1500);
        return !typedOn;
      })
      .catch((error: unknown) => {
        this.running = undefined;
        const problem = asProblem(error);
        if (problem.code === 'draft_changed') {
          const theirs = problem.draft ?? null;
          // The same words from two windows are no conflict.
          if (theirs && theirs.text === this.state.text) {
            this.config.keep(undefined);
            this.show({ base: baseOf(theirs), phase: 'saved', problem: undefined });
            return true;
          }
          this.show({ phase: 'conflict', theirs, problem });
        } else {
          this.show({ phase: 'failed', problem });
          // What a person has to change is not tried again by itself.
          if (problem.status === 0 || problem.status === 429 || problem.status >= 500) this.schedule(this.config.again ?? 6000);
        }
        return false;
      });
    return this.running;
  }

  private show(change: Partial<Writing>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
