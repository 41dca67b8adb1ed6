/**
 * `lightbox rebuild`: the index from the stored objects alone (contract, promise 7). What people entered stays.
 */
import { parseArgs } from 'node:util';
import { completeAsBefore } from '#index/completeness.ts';
import type { Database } from '#index/database.ts';
import { migrate, refuseForeignSite } from '#index/migrate.ts';
import { storeNumber } from '#index/objects.ts';
import { dropIndex, finishRebuild, indexTotals } from '#index/rebuild.ts';
import { restoreAgain } from '#index/rejections.ts';
import { InstanceWriter } from '#index/write.ts';
import type { Settings } from '#settings/settings.ts';
import { storageName } from '#storage/storage-name.ts';
import { type Storage, StorageFailed, StorageUnavailable } from '#storage/storage.ts';

import { BadUsage, type Command } from './command.ts';
import { inOrder } from './in-order.ts';
import { openExistingStorage, refuseMissingStorage } from './open-existing-storage.ts';
import { counted, duration, Progress, size } from './progress.ts';
import { replayObjects } from './replay-objects.ts';
import { StoragePatience } from './storage-patience.ts';
import { openAnswering, refuseWhileRunning, withDatabaseAlone } from './with-database.ts';

const connections = 4;
const removalsAtOnce = 32;
/** As long as an S3 server takes to come back that was started again: a rebuild that stops begins anew. */
const storagePatienceMs = 2 * 60_000;

export const rebuild: Command = {
  usage: '',
  help: {
    en: 'makes the index anew from the stored objects, while Lightbox is stopped; accounts and devices stay',
    vi: 'tạo lại chỉ mục từ các đối tượng đã lưu, khi Lightbox đã dừng; tài khoản và thiết bị được giữ nguyên',
  },
  async run(args, settings) {
    if (parseArgs({ args: [...args], allowPositionals: true }).positionals.length > 0)
      throw new BadUsage('rebuild takes no argument');
    // Before a database is made where there is none to rebuild from.
    await refuseMissingStorage(settings);
    return await withDatabaseAlone(settings, (url) => rebuildIndex(settings, url));
  },
};

async function rebuildIndex(settings: Settings, url: string): Promise<number> {
  await using database = await openAnswering(url, settings, { max: connections });
  await refuseWhileRunning(database, 'then rebuild');
  await refuseForeignSite(database);
  await using storage = await openExistingStorage(settings);
  await refuseEmptyStorage(storage, database, settings);

  await dropIndex(database);
  await migrate(database);
  const store = await storeNumber(database, storageName(settings.storageUrl));
  await using writer = new InstanceWriter(url, { keepsOrder: true });
  using progress = new Progress({ unit: 'objects' });
  void progress.expectAll(lengths(storage));
  const patience = new StoragePatience(storage, {
    patienceMs: storagePatienceMs,
    onFirst: (reason) => progress.line(`The storage cannot be read now (${reason}): trying again for two minutes.`),
  });
  let leftOut = 0;
  let copies = 0;
  let unfinished = 0;
  await replayObjects(
    { storage, patience, store, database, writer },
    {
      done: ({ length }) => progress.add(length),
      copy: () => void copies++,
      unfinished: () => void unfinished++,
      leftOut({ key, SOPInstanceUID = 'SOP Instance UID unknown' }, reason) {
        leftOut++;
        progress.line(`left out: ${key}  ${SOPInstanceUID}  ${reason}`);
      },
    },
  ).catch(stopped);
  await refuseGoneStorage(storage, patience, progress.done).catch(stopped);
  await restoreAgain(database);
  await completeAsBefore(database);
  await removeDerived(storage, patience).catch(stopped);
  await finishRebuild(database);

  const { studies, series, instances, versions, rejected } = await indexTotals(database);
  const { count, bytes } = progress.done;
  progress.line(
    `The index was rebuilt from ${counted(count, 'object')} (${size(bytes)}) in ${duration(progress.elapsedMs)}.`,
  );
  progress.line(
    `It has ${counted(studies, 'study', 'studies')}, ${counted(series, 'series', 'series')}, ${counted(instances, 'instance')} and ${counted(versions, 'version')} beside them.`,
  );
  if (rejected > 0) progress.line(`${counted(rejected, 'instance')} rejected, the notes that say so included.`);
  if (copies > 0) progress.line(`${counted(copies, 'object')} repeated another one and counted once.`);
  if (unfinished > 0)
    progress.line(
      `${counted(unfinished, 'object')} never finished, which nobody was told that we keep: see lightbox remove-unfinished.`,
    );
  if (leftOut > 0) progress.line(`${counted(leftOut, 'object')} left out, as listed above.`);
  return leftOut > 0 ? 1 : 0;
}

/** The mark stays, so that nothing starts on an index that lacks what is there. */
function stopped(error: unknown): never {
  if (!(error instanceof StorageFailed)) throw error;
  throw new Error(
    `The rebuild stopped, for the storage cannot be read now: ${error.message}. ` +
      'When it answers again (where too many files are open: with a higher "ulimit -n"), run "lightbox rebuild" to its end.',
    { cause: error },
  );
}

/** A disk that is not mounted must not cost the index. */
async function refuseEmptyStorage(storage: Storage, database: Database, settings: Settings): Promise<void> {
  for await (const _ of storage.list('i/')) return;
  const { rows } = await database.pool.query("SELECT to_regclass('index.instance') IS NOT NULL AS exists");
  if (!rows[0].exists) return;
  const { rowCount } = await database.pool.query('SELECT FROM index.instance LIMIT 1');
  if (rowCount)
    throw new Error(
      `STORAGE_URL is ${storageName(settings.storageUrl)}, which holds no object, and the index names some. Is the disk mounted?`,
    );
}

/** A disk that went away meanwhile may leave an empty directory, whose list ends like that of a disk: what was on it is not in the index. */
async function refuseGoneStorage(
  storage: Storage,
  patience: StoragePatience,
  done: { readonly count: number },
): Promise<void> {
  await patience.wait(() => storage.confirmPlace());
  if (done.count === 0) return;
  for await (const _ of patience.list('i/')) return;
  throw new StorageUnavailable('it holds no object any more');
}

async function* lengths(storage: Storage): AsyncGenerator<number> {
  for await (const { length } of storage.list('i/')) yield length;
}

/** They are named by rows that are gone, and the worker owes every series its own again. */
async function removeDerived(storage: Storage, patience: StoragePatience): Promise<void> {
  const remove = ({ key }: { key: string }) => patience.wait(() => storage.remove(key));
  for await (const _ of inOrder(patience.list('d/'), removalsAtOnce, remove));
}
