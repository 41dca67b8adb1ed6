/**
 * The worker program: opens index, storage and queue, starts every job, closes everything in reverse.
 */
import { openCertificates } from '#access/certificates.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { completePerformedStudies, completeQuietStudies } from '#index/completeness.ts';
import { clusterDirectory } from '#index/cluster-directory.ts';
import { openDatabase, type Database } from '#index/database.ts';
import { storeNumber } from '#index/objects.ts';
import { forgetHeads } from '#index/waiting-heads.ts';
import { openQueue } from '#queue/queue.ts';
import { limits } from '#settings/limits.ts';
import { openLog } from '#settings/log.ts';
import { openProcessChannel } from '#settings/process-channel.ts';
import { BadSetting, readSettings } from '#settings/settings.ts';
import { storageName } from '#storage/storage-name.ts';
import { openStorage } from '#storage/storage.ts';

import { jobs } from './jobs/all.ts';
import { notifyOfAvailability } from './availability.ts';
import { lowerPriority } from './low-priority.ts';
import { lookEvery } from '#index/look-every.ts';
import { startWorker } from './worker.ts';

/** Rows that one look locks. */
const studiesAtOnce = 100;

const forgetHeadsEveryMs = 5 * 60_000;

const { log, flush } = openLog('worker');
const open = new AsyncDisposableStack();
const channel = openProcessChannel(async () => {
  await open.disposeAsync();
  flush();
});
lowerPriority();

try {
  const settings = readSettings(process.env);
  const { databaseUrl, redisUrl, storageUrl, dataDir, spoolDir, publicUrl, studyQuietSeconds, dimse } = settings;
  if (databaseUrl === undefined) throw new BadSetting('DATABASE_URL', '', 'a PostgreSQL, when the worker runs alone');
  const database = open.use(openDatabase(databaseUrl, { max: 4, applicationName: 'lightbox worker' }));
  const storage = open.use(await openStorage(storageUrl, { spoolDir, databaseDir: clusterDirectory(dataDir) }));
  const store = await storeNumber(database, storageName(storageUrl));
  // One thread: whoever looks at images right now has the others, in the archive.
  const pixels = open.use(new PixelPool({ threads: 1, waiting: limits.pixels.waiting }));
  const queue = open.use(
    openQueue({
      databaseUrl,
      redisUrl,
      onError(error, run) {
        if (run) log.error({ job: run.name, series: run.key, err: error }, 'a job failed; it is tried again later');
        else log.warn({ err: error }, 'the queue cannot be reached; images are kept and shown, thumbnails wait');
      },
    }),
  );
  const baseUrl = `${publicUrl ?? ''}/dicom-web`;
  open.use(await startWorker({ jobs, database, storage, store, pixels, baseUrl, queue, log }));
  open.use(lookEvery({ what: 'studies of performed steps', log }, () => completePerformed(database)));
  open.use(lookEvery({ what: 'completeness of studies', log }, () => completeQuiet(database, studyQuietSeconds)));
  open.use(lookEvery({ what: 'heads that wait', everyMs: forgetHeadsEveryMs, log }, () => forgetHeads(database)));
  const from = { aeTitle: dimse.aeTitle, url: publicUrl === undefined ? undefined : baseUrl };
  const certificates = open.use(await openCertificates({ tls: settings.tls, caPath: dimse.tlsCaPath }, { log }));
  open.use(await notifyOfAvailability({ database, from, certificates, outgoing: dimse.outgoing, log }));
  channel.ready({});
} catch (error) {
  flush();
  // A wrong setting stays wrong; a database or a store that is away may be there at the next start.
  if (!(error instanceof BadSetting)) throw error;
  channel.fail(error);
}

/** @returns whether there may be more of them */
async function completePerformed(database: Database): Promise<boolean> {
  return (await completePerformedStudies(database, studiesAtOnce)) === studiesAtOnce;
}

/** @returns whether there may be more of them */
async function completeQuiet(database: Database, quietSeconds: number): Promise<boolean> {
  return (await completeQuietStudies(database, quietSeconds, studiesAtOnce)) === studiesAtOnce;
}
