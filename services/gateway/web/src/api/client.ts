import createClient, { type Middleware } from 'openapi-fetch';
import { problemFrom, unreachable } from './problem';
import type { paths } from './schema.gen';

/** Failed answers become a ProblemError, so that callers only ever see data. */
const problems: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return undefined;
    const body: unknown = await response.clone().json().catch(() => undefined);
    throw problemFrom(response.status, body);
  },
  onError({ error }) {
    // An aborted request is nobody's failure; TanStack Query knows it by its name.
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return unreachable();
  },
};

/** The gateway's API. The session travels in its cookie; no token is ever held by a script. */
export const api = createClient<paths>({ credentials: 'same-origin', fetch: (request) => globalThis.fetch(request) });
api.use(problems);

/** The data of a call whose failure has been thrown already. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw problemFrom(502, undefined);
  return data;
}
