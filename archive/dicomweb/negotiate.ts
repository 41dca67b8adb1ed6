/** What a request accepts, and whether it has the answer already: shared by all that WADO-RS gives out. */
import { hash } from 'node:crypto';
import type { Response } from 'express';
import type { Accepted } from '#dicom/web/media-types.ts';
import type { CallerRequest } from '../http/resource.ts';

/** For `choose`: the header Accept, and the query parameter that goes before it (PS3.18 Section 8.7.8). */
export function acceptedBy({ headers, query }: CallerRequest): Accepted {
  return { header: headers.accept, query };
}

/**
 * Sets a strong ETag made of everything that decides the answer's bytes.
 * @returns true when the client has them already, and was told so
 */
export function answerUnchanged(request: CallerRequest, response: Response, what: string): boolean {
  response.set({
    ETag: `"${hash('sha256', what, 'base64url').slice(0, 32)}"`,
    'Cache-Control': 'private, no-cache',
  });
  response.vary('Accept');
  if (!request.fresh) return false;
  response.status(304).end();
  return true;
}

/** As the text of a Warning (RFC 7234 Section 5.5): ASCII without quotes. */
export function quotable(text: string): string {
  return text.replace(/[^ -~]|["\\]/g, '').slice(0, 200);
}
