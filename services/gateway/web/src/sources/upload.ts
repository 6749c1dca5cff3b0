import { problemFrom, ProblemError, unreachable } from '../api/problem';
import type { operations } from '../api/schema.gen';
import type { Import } from '../api/types';

export type ImportQuery = operations['createImport']['parameters']['query'];

/**
 * Sends a file to be imported or, with `dry_run`, only checked. It is no fetch, because a browser tells the progress
 * of an upload only here.
 */
export function sendImport(file: File, query: ImportQuery, onProgress: (share: number) => void, signal: AbortSignal): Promise<Import> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
    request.open('POST', `/api/v1/imports?${params}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.lengthComputable && event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      if (request.status >= 200 && request.status < 300 && body) resolve(body as Import);
      else reject(problemFrom(request.status, body));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new ProblemError({ status: 0, code: 'cancelled', title: 'Cancelled.' }));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
