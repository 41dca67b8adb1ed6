/**
 * The cookie of a logged-in browser (RFC 6265bis). Under TLS it is Secure and carries the `__Host-` prefix, so that
 * neither a plain page nor a neighbouring host name can set it.
 */
import type { Request, Response } from 'express';

const plainName = 'lightbox';

/** `request.secure` is TLS here, or what a trusted proxy says. */
const nameFor = (request: Request) => (request.secure ? `__Host-${plainName}` : plainName);

export function sessionSecret(request: Request): string | undefined {
  const name = `${nameFor(request)}=`;
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const trimmed = pair.trim();
    if (trimmed.startsWith(name)) return trimmed.slice(name.length);
  }
  return undefined;
}

/** The session that a request comes from; none where it brings other credentials, for then its cookie does not count. */
export function ownSession(request: Request): string | undefined {
  return request.headers.authorization === undefined ? sessionSecret(request) : undefined;
}

/** Lives as long as the browser runs; how long it counts is the session row's affair. */
export function setSessionCookie(response: Response, secret: string): void {
  response.cookie(nameFor(response.req), secret, cookieOptions(response.req));
}

export function clearSessionCookie(response: Response): void {
  response.clearCookie(nameFor(response.req), cookieOptions(response.req));
}

function cookieOptions(request: Request) {
  return { httpOnly: true, sameSite: 'lax', secure: request.secure, path: '/' } as const;
}
