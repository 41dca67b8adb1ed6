/**
 * Headers that every answer carries: what a browser may do with our pages, and who may frame them.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { RequestHandler } from 'express';

export function securityHeaders({ tls }: { tls: boolean }): RequestHandler {
  const headers = headersOf(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          // The image codecs are WebAssembly; nothing needs eval.
          'script-src': ["'self'", "'wasm-unsafe-eval'"],
          'worker-src': ["'self'"],
          'connect-src': ["'self'"],
          // Documents are shown by the browser's own PDF reader, from bytes that the viewer has fetched.
          'frame-src': ['blob:'],
          'media-src': ["'self'"],
          'img-src': ["'self'", 'data:', 'blob:'],
          'style-src': ["'self'", "'unsafe-inline'"],
          'base-uri': ["'none'"],
          // No default covers it: a form that somebody smuggles into a page sends nothing elsewhere.
          'form-action': ["'self'"],
          'frame-ancestors': ["'self'"],
        },
      },
      referrerPolicy: { policy: 'same-origin' },
      // Only where this very server speaks TLS: behind a proxy it is the proxy's to promise.
      strictTransportSecurity: tls ? { maxAge: 365 * 24 * 3600, includeSubDomains: false } : false,
      // Isolation from other windows is not needed, and breaks a viewer that is opened from a hospital's own pages.
      crossOriginOpenerPolicy: false,
    }),
  );
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

/** None of them depends on the request: helmet is asked once, not for every answer. */
function headersOf(handler: ReturnType<typeof helmet>): [name: string, value: string][] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  handler(request, response, (error?: unknown) => {
    if (error) throw error as Error;
  });
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}
