/** What the server says of a changed review. */
export type ReviewChange = {
  review_id: string;
  location_id: string;
  site: string;
  types: string[];
  status: string;
  owner_id?: string;
  at: string;
};

/** `resumed` follows every interruption: changes may have been missed, so what is shown should be compared again. */
export type LiveEvent = { kind: 'review'; change: ReviewChange } | { kind: 'resumed' };
export type LiveState = 'connecting' | 'live' | 'reconnecting';

/** The part of the browser's EventSource that is used here. */
export type Source = Pick<EventSource, 'addEventListener' | 'close' | 'readyState'>;

export type StreamConfig = {
  open: () => Source;
  onEvent: (event: LiveEvent) => void;
  onState: (state: LiveState) => void;
  /** Called when the server refused the stream, where the session may be over. */
  onRefused: () => void;
  /** Silence after which a connection is taken for dead; the server pings every 20 seconds. */
  silence?: number;
  random?: () => number;
};

const closed = 2; // EventSource.CLOSED

/** Keeps the live stream open: reopens it after refusals with growing waits, and after silence. */
export class LiveStream {
  private source: Source | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private wasLive = false;
  private readonly config: StreamConfig;

  constructor(config: StreamConfig) {
    this.config = config;
  }

  start(): void {
    if (this.source || this.retryTimer) return;
    this.config.onState(this.wasLive ? 'reconnecting' : 'connecting');
    this.open();
  }

  stop(): void {
    clearTimeout(this.silenceTimer);
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.source?.close();
    this.source = undefined;
  }

  private open(): void {
    const source = this.config.open();
    this.source = source;
    this.heard();
    const current = (handle: () => void) => () => {
      if (this.source === source) handle();
    };
    source.addEventListener('open', current(() => {
      this.failures = 0;
      this.heard();
      this.config.onState('live');
      if (this.wasLive) this.config.onEvent({ kind: 'resumed' });
      this.wasLive = true;
    }));
    source.addEventListener('ping', current(() => this.heard()));
    source.addEventListener('review', (event) => {
      if (this.source !== source) return;
      this.heard();
      const change = parseChange((event as MessageEvent).data);
      if (change) this.config.onEvent({ kind: 'review', change });
    });
    source.addEventListener('error', current(() => {
      this.config.onState('reconnecting');
      // Unless the browser gave up, it reconnects by itself.
      if (source.readyState !== closed) return;
      this.config.onRefused();
      this.reopen();
    }));
  }

  private reopen(): void {
    this.stop();
    const wait = Math.min(30_000, 1000 * 2 ** this.failures++) * (0.5 + (this.config.random ?? Math.random)() / 2);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.open();
    }, wait);
  }

  private heard(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.config.onState('reconnecting');
      this.reopen();
    }, this.config.silence ?? 50_000);
  }
}

/** The change an event tells of, or null where it is not one: a newer server may say more than we know. */
export function parseChange(data: unknown): ReviewChange | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    if (!value || typeof value !== 'object' || !('review_id' in value) || typeof value.review_id !== 'string') return null;
    const change = value as Partial<ReviewChange> & { review_id: string };
    return {
      review_id: change.review_id,
      location_id: String(change.location_id ?? ''),
      site: String(change.site ?? ''),
      types: Array.isArray(change.types) ? change.types.map(String) : [],
      status: String(change.status ?? ''),
      owner_id: change.owner_id,
      at: String(change.at ?? ''),
    };
  } catch {
    return null;
  }
}
