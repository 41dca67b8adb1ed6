/**
 * The addresses for whatever watches over us: /health/live, /health/ready, /metrics.
 */
import { Router, type RequestHandler } from 'express';
import type { Health } from '../health.ts';
import type { Metrics } from '../metrics.ts';
import { named } from './mount.ts';

export function watchRoutes({
  health,
  metrics,
  loggedIn,
}: {
  health: () => Promise<Health>;
  metrics: Metrics;
  /** Lets callers with any right through. */
  loggedIn: RequestHandler;
}): Router {
  const router = Router({ caseSensitive: true });
  router.get('/health/live', named('/health/live'), (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'live', pid: process.pid });
  });
  router.get('/health/ready', named('/health/ready'), async (_request, response) => {
    const now = await health();
    response
      .status(now.status === 'not-ready' ? 503 : 200)
      .set('Cache-Control', 'no-store')
      .json(now);
  });
  router.get('/metrics', named('/metrics'), loggedIn, async (_request, response) => {
    response
      .set('Cache-Control', 'no-store')
      .type(metrics.registry.contentType)
      .end(await metrics.registry.metrics());
  });
  return router;
}
