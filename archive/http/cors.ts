/**
 * Pages of other viewers (Fetch Standard, CORS protocol): those of the origins that the operator named may use the
 * standard's addresses, with credentials that they send themselves. Our cookie is never one of them.
 */
import type { RequestHandler, Response } from 'express';
import { limits } from '#settings/limits.ts';

/** What a page may read beside what every page may. */
const exposed = [
  'Accept-Ranges',
  'Content-Encoding',
  'Content-Length',
  'Content-Location',
  'Content-Range',
  'ETag',
  'Location',
  'Retry-After',
  'Warning',
].join(', ');

const askedFor = 'Accept, Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, If-Range, Range';

export function allowOrigins({ corsOrigins }: { corsOrigins: readonly string[] }): RequestHandler {
  const allowed = new Set(corsOrigins);
  return (request, response, next) => {
    if (allowed.size === 0) return next();
    // The same address answers a page of another origin otherwise.
    response.vary('Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return next();
    response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposed });
    // Without Access-Control-Allow-Credentials a browser hides the answer; here the question has no login either.
    if (request.headers['sec-fetch-site'] !== 'same-origin') delete request.headers.cookie;
    response.locals['isAllowedOrigin'] = true;
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    // A preflight has no credentials, and says nothing of what there is.
    response
      .status(204)
      .set({
        'Access-Control-Allow-Methods': 'GET, HEAD, POST',
        'Access-Control-Allow-Headers': askedFor,
        'Access-Control-Max-Age': String(limits.http.preflightSeconds),
      })
      .end();
  };
}

/** Whether the request comes from a page of an origin that was named. */
export function isAllowedOrigin(response: Response): boolean {
  return response.locals['isAllowedOrigin'] === true;
}
