import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { asProblem, ProblemError } from '../api/problem';
import { keys } from '../api/queries';

/** One client for the app. Any answer 401 means that the session is over, wherever it was noticed. */
export function newQueryClient(): QueryClient {
  const sessionOver = (error: unknown) => {
    // Only for somebody who was signed in: the first visit of a stranger is no expired session.
    if (asProblem(error).status === 401 && client.getQueryData(keys.me)) client.setQueryData(keys.me, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: sessionOver }),
    mutationCache: new MutationCache({ onError: sessionOver }),
    defaultOptions: {
      queries: {
        // What the server refuses, it refuses again; outages are worth some patience.
        retry: (failures, error) =>
          failures < 3 && (!(error instanceof ProblemError) || error.status === 0 || error.status >= 500),
        refetchOnWindowFocus: true,
        // Loopback installations have no outside network; the browser's idea of being offline must not stop calls.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}
