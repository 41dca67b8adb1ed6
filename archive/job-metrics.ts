/** How much background work is owed, for Prometheus: read from the index when /metrics is asked for. */
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '#index/database.ts';
import { jobStates } from '#index/jobs.ts';

export function addJobMetrics(registry: Registry, database: Database): void {
  new Gauge({
    name: 'lightbox_jobs',
    help: 'Series for which a job is waiting, running (handed to the queue) or failed',
    labelNames: ['job', 'state'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      // While PostgreSQL is away the other figures are all the more wanted.
      for (const { name, ...states } of await jobStates(database).catch(() => []))
        for (const state of ['waiting', 'running', 'failed'] as const) this.set({ job: name, state }, states[state]);
    },
  });
}
