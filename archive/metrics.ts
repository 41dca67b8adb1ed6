/**
 * What Prometheus reads at /metrics. Labels are few: doors, statuses, route patterns, AE titles of the registry; never a
 * UID, a patient's name or an address.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { printedStatus } from '#dicom/dimse/status.ts';
import type { Ingest } from './ingest.ts';
import { Problem } from './problems.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Stalls of the event loop that are shorter are not seen by `nodejs_eventloop_lag_*`, whose values include it. */
const lagPrecisionMs = 100;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // The default of 10 ms wakes a machine at rest a hundred times a second.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagPrecisionMs });
  return {
    registry,
    storedInstances: new Counter({
      name: 'lightbox_stored_instances_total',
      help: 'Instances acknowledged, by door and outcome (stored, duplicate, version)',
      labelNames: ['door', 'outcome'] as const,
      registers,
    }),
    storedBytes: new Counter({
      name: 'lightbox_stored_bytes_total',
      help: 'Data set bytes received for acknowledged instances',
      labelNames: ['door'] as const,
      registers,
    }),
    storeFailures: new Counter({
      name: 'lightbox_store_failures_total',
      help: 'Instances not kept, by door and DIMSE status (hexadecimal; STOW-RS has the same numbers as Failure Reason)',
      labelNames: ['door', 'status'] as const,
      registers,
    }),
    associations: new Gauge({ name: 'lightbox_associations', help: 'Associations open now', registers }),
    associationsRefused: new Counter({
      name: 'lightbox_associations_refused_total',
      help: 'Association requests that were rejected',
      registers,
    }),
    httpSeconds: new Histogram({
      name: 'lightbox_http_request_seconds',
      help: 'Seconds from request to the last byte of the answer, by method, route and status',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
  };
}

/** Counts what goes through `ingest`, whichever door it came by. */
export function counted(ingest: Ingest, { storedInstances, storedBytes, storeFailures }: Metrics): Ingest {
  return async (arrival, caller) => {
    const { door } = arrival;
    try {
      const ingested = await ingest(arrival, caller);
      storedInstances.inc({ door, outcome: ingested.outcome });
      storedBytes.inc({ door }, ingested.length);
      return ingested;
    } catch (error) {
      const { dimseStatus } = error instanceof Problem ? error : new Problem('processingFailure', '');
      storeFailures.inc({ door, status: printedStatus(dimseStatus) });
      throw error;
    }
  };
}
