/**
 * One log line and one measurement per request: method, route pattern, status, milliseconds, bytes, caller.
 * Never the address itself, for it holds UIDs and search terms, and never a body.
 */
import type { Request, RequestHandler } from 'express';
import type { Log } from '#settings/log.ts';
import type { Metrics } from '../metrics.ts';
import type { CallerRequest } from './resource.ts';

export function logAccess({ log, metrics }: { log: Log; metrics: Metrics }): RequestHandler {
  return (request, response, next) => {
    const { socket } = request;
    const begun = performance.now();
    const [readBefore, writtenBefore] = [socket.bytesRead, socket.bytesWritten];
    response.once('close', () => {
      const ms = performance.now() - begun;
      const route = String(response.locals['route'] ?? 'none');
      const status = response.headersSent ? response.statusCode : 0;
      metrics.httpSeconds.observe({ method: request.method, route, status: String(status) }, ms / 1000);
      // Asked every few seconds by whatever watches over us.
      if (route.startsWith('/health')) return;
      log.info(
        {
          method: request.method,
          route,
          status,
          ms: Math.round(ms * 10) / 10,
          bytesIn: bytesIn(request, socket.bytesRead - readBefore),
          bytesOut: socket.bytesWritten - writtenBefore,
          ...(!response.writableFinished && { brokenOff: true }),
          caller: callerName(request),
        },
        'http',
      );
    });
    next();
  };
}

/** A short body may have come together with its head, before we could look. */
function bytesIn(request: Request, seen: number): number {
  return request.complete ? Math.max(seen, Number(request.headers['content-length'] ?? 0)) : seen;
}

function callerName(request: Request): string | undefined {
  const { caller } = request as Partial<CallerRequest>;
  return caller && `${caller.kind} ${caller.name}`;
}
