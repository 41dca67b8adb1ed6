/**
 * A worker whose only job says that it runs, and never ends: for tests that kill it. Arguments: database URL, job name.
 */
import { PixelPool } from '#derive/pixel-pool.ts';
import { openDatabase } from '#index/database.ts';
import { openQueue } from '#queue/queue.ts';
import type { Storage } from '#storage/storage.ts';
import { pino } from 'pino';

import type { Job } from './job.ts';
import { startWorker } from './worker.ts';

const [databaseUrl = '', name = ''] = process.argv.slice(2);

const stuck: Job = {
  name,
  on: 'InstanceStored',
  limits: { atOnce: 1, attempts: 1, timeoutMs: 600_000 },
  run(series) {
    process.stdout.write(`running ${series}\n`);
    return new Promise<void>(() => {});
  },
};

await startWorker({
  jobs: [stuck],
  database: openDatabase(databaseUrl, { max: 2, applicationName: 'stuck worker' }),
  // The job has no use for it.
  storage: {} as Storage,
  store: 1,
  pixels: new PixelPool({ threads: 1, waiting: 1 }),
  baseUrl: '/dicom-web',
  queue: openQueue({ databaseUrl, onError: (error) => process.stderr.write(`${error.message}\n`) }),
  log: pino({ level: 'silent' }),
});
