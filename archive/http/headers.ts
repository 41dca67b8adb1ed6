/**
 * Headers that every answer carries: what a browser may do with our pages, and who may frame them.
 */
import helmet from 'helmet';
import type { RequestHandler } from 'express';

export function securityHeaders({ tls }: { tls: boolean }): RequestHandler {
  return helmet({
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
        'img-src': ["'self'", 'data:', 'blob:'],
        'style-src': ["'self'", "'unsafe-inline'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'self'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    // Only where this very server speaks TLS: behind a proxy it is the proxy's to promise.
    strictTransportSecurity: tls ? { maxAge: 365 * 24 * 3600, includeSubDomains: false } : false,
    // Isolation from other windows is not needed, and breaks a viewer that is opened from a hospital's own pages.
    crossOriginOpenerPolicy: false,
  });
}
