/**
 * How Lightbox is, for Prometheus: what the status page and the devices page show, read when /metrics is asked for.
 * While PostgreSQL is away there is only what needs none, and `lightbox_up` says so.
 */
import { Gauge, type Registry } from 'prom-client';
import { lastStored } from '#access/device-registry.ts';
import { countSends } from '#index/sends.ts';
import { limits } from '#settings/limits.ts';

import { alerts, lookAtAll, type StatusParts } from './api/status.ts';

type Parts = Omit<StatusParts, 'settings'>;
type Facts = Awaited<ReturnType<typeof factsOf>>;

export function addStatusMetrics(registry: Registry, parts: Parts): void {
  // All gauges of one answer come from one look.
  let last: { readonly facts: Promise<Facts | undefined>; readonly at: number } | undefined;
  const look = (): Promise<Facts | undefined> => {
    const now = performance.now();
    if (!last || now - last.at > limits.http.healthRememberedMs)
      last = { facts: factsOf(parts).catch(() => undefined), at: now };
    return last.facts;
  };
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    set: (gauge: Gauge<L>, facts: Facts) => void,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        this.reset();
        // Without labels `reset` means 0, which would be a figure: there is none.
        if (labelNames.length === 0) this.remove();
        const facts = await look();
        if (facts) set(this, facts);
      },
    });
  };

  new Gauge({
    name: 'lightbox_up',
    help: '1 where the part works, 0 where it does not, or is full',
    labelNames: ['part'] as const,
    registers: [registry],
    async collect() {
      const { database, storage } = await parts.health();
      for (const [part, state] of Object.entries({ database, storage })) this.set({ part }, state === 'ok' ? 1 : 0);
    },
  });
  gauge('lightbox_alert', 'What the status page warns of: 1 now, 0 not', ['alert'], (alert, facts) => {
    for (const name of alerts) alert.set({ alert: name }, facts.alerts.includes(name) ? 1 : 0);
  });
  gauge('lightbox_storage_free_bytes', 'Bytes that may still be stored', [], (free, { health }) => {
    if (health.freeBytes !== null) free.set(health.freeBytes);
  });
  gauge('lightbox_stored_bytes_per_day', 'What came in on a day of the last week', [], (bytes, { storage }) => {
    if (storage.bytesADay !== null) bytes.set(storage.bytesADay);
  });
  gauge('lightbox_database_bytes', 'What the database takes on its disk', [], (bytes, { databaseBytes }) =>
    bytes.set(databaseBytes),
  );
  gauge('lightbox_programs', 'Archives and workers that are connected', ['program'], (running, { programs }) => {
    for (const program of ['archive', 'worker'] as const)
      running.set({ program }, programs.filter(({ name }) => name === program).length);
  });
  gauge(
    'lightbox_jobs',
    'Series for which a job is waiting, running (handed to the queue) or failed',
    ['job', 'state'],
    (count, { jobs }) => {
      for (const { name: job, ...states } of jobs)
        for (const state of ['waiting', 'running', 'failed'] as const) count.set({ job, state }, states[state]);
    },
  );
  gauge('lightbox_job_oldest_seconds', 'How long the oldest job waits or runs', ['job'], (oldest, { jobs }) => {
    for (const { name: job, oldestSeconds } of jobs) oldest.set({ job }, oldestSeconds ?? 0);
  });
  gauge('lightbox_sends', 'Sends to other devices by state, of the last 30 days', ['state'], (count, { sends }) => {
    for (const [state, number] of Object.entries(sends)) count.set({ state }, number);
  });
  gauge('lightbox_devices_waiting', 'Callers that wait for approval', [], (count, { devicesWaiting }) =>
    count.set(devicesWaiting),
  );
  gauge(
    'lightbox_device_last_stored_timestamp_seconds',
    'When a device of the registry last stored an instance',
    ['ae_title'],
    (at, { stored }) => {
      for (const { aeTitle, lastStoredAt } of stored) at.set({ ae_title: aeTitle }, lastStoredAt.getTime() / 1000);
    },
  );
  gauge(
    'lightbox_certificate_expires_timestamp_seconds',
    'Until when the certificate of TLS_CERT is valid',
    [],
    (at) => {
      if (parts.certificates.expires) at.set(parts.certificates.expires.getTime() / 1000);
    },
  );
}

async function factsOf(parts: Parts) {
  const { pool } = parts.database;
  const [all, sends, stored] = await Promise.all([lookAtAll(parts), countSends(pool), lastStored(pool)]);
  return { ...all, sends, stored };
}
