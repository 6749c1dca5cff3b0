import type { Problem } from './types';

/** Every failed call ends as one of these; `advice` says what the reader can do about it. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  /** The draft that is there now, where somebody else saved one since. */
  readonly draft: Problem['current_draft'];
  /** Why a reply must not be published. */
  readonly findings: NonNullable<Problem['findings']>;
  /** All faults of a routing plan. */
  readonly faults: NonNullable<Problem['faults']>;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'title'> & Partial<Problem>) {
    super(problem.detail || problem.title);
    this.name = 'ProblemError';
    this.status = problem.status;
    this.code = problem.code;
    this.retryAfterSeconds = problem.retry_after_seconds;
    this.draft = problem.current_draft;
    this.findings = problem.findings ?? [];
    this.faults = problem.faults ?? [];
  }

  get advice(): string {
    if (this.code === 'unreachable') return 'Check the connection; Bedside tries again by itself.';
    if (this.retryAfterSeconds) return `Try again in ${this.retryAfterSeconds} seconds.`;
    switch (this.status) {
      case 401: return 'Sign in again.';
      case 403: return 'Ask an administrator of your organization if you need this.';
      case 404: return 'It may have been deleted, or the address is mistyped.';
      case 409: return 'Look at what it is now and try again if you still want to.';
      case 413: return 'Send a smaller file or text.';
      case 429: return 'Wait a little and try again.';
      case 400: case 422: return 'Correct it and try again.';
      default: return this.status >= 500 ? 'Try again in a moment. If it stays, tell your administrator.' : '';
    }
  }
}

/** The problem a response tells of, also where a proxy answered with something that is not a problem. */
export function problemFrom(status: number, body: unknown): ProblemError {
  if (body && typeof body === 'object' && 'title' in body && typeof body.title === 'string') {
    const problem = body as Partial<Problem> & { title: string };
    return new ProblemError({ ...problem, title: problem.title, status, code: problem.code ?? 'unknown' });
  }
  return new ProblemError({ status, code: 'unknown', title: `The server answered with status ${status}.` });
}

/** What to say when no answer came at all. */
export function unreachable(): ProblemError {
  return new ProblemError({ status: 0, code: 'unreachable', title: 'Bedside cannot be reached.' });
}

/** Any thrown thing as a problem. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError({ status: 0, code: 'unexpected', title: error instanceof Error ? error.message : 'Something unexpected happened.' });
}
