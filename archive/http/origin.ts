/**
 * Other people's pages may not change anything here with our user's cookie (or remembered Basic password): a changing
 * request that a browser sends for a page names that page's origin (Fetch Standard, `Origin` and `Sec-Fetch-Site`).
 */
import type { Request, RequestHandler } from 'express';
import type { Log } from '#settings/log.ts';
import { recordRefused } from './authenticate.ts';
import { isAllowedOrigin } from './cors.ts';
import { Problem } from '../problems.ts';

/** So much of an origin stands in the record: a browser's has at most a host name of 253 characters. */
const shownOrigin = 300;

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

export function checkOrigin({ publicUrl }: { publicUrl: string | undefined }, { log }: { log: Log }): RequestHandler {
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  return (request, response, next) => {
    if (!harmless.has(request.method) && !isAllowedOrigin(response) && isForeign(request, publicOrigin)) {
      // Whose login came along is not looked up: it is not that person who asks.
      recordRefused(request, log, { origin: (request.headers.origin ?? 'null').slice(0, shownOrigin) });
      throw new Problem(
        'otherOrigin',
        "a page of another origin may not do this: open it at the archive's own address; behind a proxy PUBLIC_URL names that",
      );
    }
    next();
  };
}

function isForeign(request: Request, publicOrigin: string | undefined): boolean {
  // A browser adds no bearer token of its own accord, so whoever sends one knows it.
  if (/^bearer /i.test(request.headers.authorization ?? '')) return false;
  const { origin } = request.headers;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site';
  if (origin === publicOrigin) return false;
  // The host of the request's own address, as the browser wrote it; by X-Forwarded-Host from a trusted proxy.
  return !URL.canParse(origin) || new URL(origin).host !== request.host?.toLowerCase();
}

/**
 * Whether a page in a browser sends this, not a program and not a person who typed the address. Such a request is never
 * answered with a Basic challenge: the browser would put its own password window over our login page.
 * Over plain HTTP browsers send no Sec-Fetch headers, and `<img>` sends nothing of ours: there the user agent decides.
 */
export function isFromPage(request: Request): boolean {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'none';
  return (
    headers['x-requested-with'] !== undefined ||
    headers.cookie !== undefined ||
    (headers['user-agent'] ?? '').startsWith('Mozilla/')
  );
}
