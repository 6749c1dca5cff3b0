import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveStream, parseChange, type LiveEvent, type LiveState, type Source } from './stream';

class FakeSource implements Source {
  readyState = 0;
  closed = false;
  private listeners = new Map<string, ((event: unknown) => void)[]>();
  addEventListener(type: string, listener: unknown) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener as (event: unknown) => void]);
  }
  close() {
    this.closed = true;
    this.readyState = 2;
  }
  fire(type: string, data?: string) {
    for (const listener of this.listeners.get(type) ?? []) listener({ data });
  }
}

function setUp() {
  const sources: FakeSource[] = [];
  const events: LiveEvent[] = [];
  const states: LiveState[] = [];
  const refused = vi.fn();
  const stream = new LiveStream({
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    onRefused: refused,
    silence: 50_000,
    random: () => 1,
  });
  stream.start();
  return { stream, sources, events, states, refused, last: () => sources.at(-1) as FakeSource };
}

describe('LiveStream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes changes on, and says nothing was missed at the first opening', () => {
    const { events, states, last } = setUp();
    last().fire('open');
    last().fire('review', '{"review_id":"r1","types":["received"]}');
    last().fire('review', 'not json');
    expect(states).toEqual(['connecting', 'live']);
    expect(events).toMatchObject([{ kind: 'review', change: { review_id: 'r1', types: ['received'] } }]);
  });

  it('tells that it resumed after the browser reconnected', () => {
    const { events, states, sources, last } = setUp();
    last().fire('open');
    last().fire('error');
    last().fire('open');
    expect(sources).toHaveLength(1);
    expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live']);
    expect(events).toEqual([{ kind: 'resumed' }]);
  });

  it('opens again after a refusal, waiting longer each time', () => {
    const { sources, refused, last } = setUp();
    for (const wait of [1000, 2000, 4000]) {
      last().readyState = 2;
      last().fire('error');
      const before = sources.length;
      vi.advanceTimersByTime(wait - 1);
      expect(sources).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sources).toHaveLength(before + 1);
    }
    expect(refused).toHaveBeenCalledTimes(3);
  });

  it('takes silence for a dead connection, and pings for a living one', () => {
    const { sources, last } = setUp();
    last().fire('open');
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(20_000);
      last().fire('ping');
    }
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(52_000);
    expect(sources).toHaveLength(2);
    expect(sources[0]?.closed).toBe(true);
  });

  it('is quiet once stopped', () => {
    const { stream, sources, events, last } = setUp();
    last().fire('open');
    const source = last();
    stream.stop();
    source.fire('review', '{"review_id":"r1"}');
    vi.advanceTimersByTime(10 * 60_000);
    expect(events).toEqual([]);
    expect(sources).toHaveLength(1);
  });
});

describe('parseChange', () => {
  it('refuses what is not a change', () => {
    for (const data of ['', '[]', 'null', '{"review_id":5}', 7, undefined]) expect(parseChange(data)).toBeNull();
    expect(parseChange('{"review_id":"r","types":"x"}')?.types).toEqual([]);
  });
});
