/**
 * After an unclean stop: rows and objects become durable side by side, so a power cut may leave a row whose object is
 * missing or short. Nobody was told of such an instance; its row goes, before a door opens. A mark in DATA_DIR tells an
 * unclean stop from a clean one, after which a missing object is damage, and damage is never tidied away. So it is in a
 * store whose rows follow their objects (S3), after whatever stop.
 */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#index/database.ts';
import { forgetInstance, namedElsewhere, namesOlder, newestRows } from '#index/objects.ts';
import type { ObjectRow } from '#index/objects.ts';
import { othersIngest } from '#index/programs.ts';
import type { Log } from '#settings/log.ts';
import { CannotStart } from '#settings/process-channel.ts';
import { syncDirectory } from '#settings/sync-directory.ts';
import type { Storage } from '#storage/storage.ts';

/** How far back a commit can have overtaken its object: longer than any disk takes for a sync. */
const minutes = 2;
/** So many lost at once, and nothing found, is a disk that is not mounted. */
const suspicious = 20;

class StorageDoesNotFit extends CannotStart {
  override name = 'StorageDoesNotFit';
}

export interface AfterStopParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly store: number;
  readonly dataDir: string;
  readonly log: Log;
}

/**
 * Takes back what the last run left unfinished, and marks this run as begun. Call the result when it has ended cleanly.
 * @throws StorageDoesNotFit when the storage holds no object that must be there
 */
export async function beginRun(parts: AfterStopParts): Promise<() => Promise<void>> {
  const mark = path.join(parts.dataDir, 'archive.running');
  const clean = await writeFile(mark, `${process.pid}\n`, { flag: 'wx' }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  try {
    await refuseEmptyStore(parts, clean || !parts.storage.readableBeforeDurable ? 0 : minutes);
  } catch (error) {
    // The next start has to find what this one found.
    if (clean) await rm(mark, { force: true });
    throw error;
  }
  if (!clean && parts.storage.readableBeforeDurable) await forgetUnfinished(parts);
  // Without its name on the disk, a power cut would look like a clean stop.
  if (clean) await syncDirectory(parts.dataDir);
  return () => rm(mark, { force: true });
}

/**
 * A disk that is not mounted, or another directory than before: what is stored now would lie below its mount point, out of
 * sight as soon as it is back, and the newest rows would be taken back. @param youngerMinutes  how far back rows may have no object
 */
async function refuseEmptyStore({ database, storage, store }: AfterStopParts, youngerMinutes: number): Promise<void> {
  for await (const _ of storage.list('i/')) return;
  if (await namesOlder(database, store, youngerMinutes))
    throw new StorageDoesNotFit('STORAGE_URL holds no object, and the index names some. Is the disk mounted?');
  const elsewhere = await namedElsewhere(database, store);
  if (elsewhere !== undefined)
    throw new StorageDoesNotFit(
      `STORAGE_URL holds no object, and the index names some in ${elsewhere}. Is the disk mounted? ` +
        'Set STORAGE_URL as it was, or copy the objects and then run lightbox rebuild.',
    );
}

interface FoundRow extends ObjectRow {
  /** The object's length; undefined when there is none. */
  readonly found: number | undefined;
}

async function forgetUnfinished({ database, storage, store, log }: AfterStopParts): Promise<void> {
  const look = async (row: ObjectRow): Promise<FoundRow> => ({ ...row, found: await storage.length(row.key) });
  const isUnfinished = ({ offset, length, found }: FoundRow) => found === undefined || found < offset + length;
  let unfinished: FoundRow[] = [];
  let checked = 0;
  for await (const rows of newestRows(database, store, minutes)) {
    for (const row of rows) {
      const looked = await look(row);
      checked++;
      if (isUnfinished(looked)) unfinished.push(looked);
    }
  }
  // Of another archive on a shared disk: what it has written shows there when it has synced it.
  for (
    const until = performance.now() + minutes * 60_000;
    unfinished.length > 0 && performance.now() < until;
    await delay(1_000)
  ) {
    if (!(await othersIngest(database))) break;
    unfinished = (await Promise.all(unfinished.map(look))).filter(isUnfinished);
  }
  if (unfinished.length >= suspicious && unfinished.length === checked) {
    throw new StorageDoesNotFit(
      `STORAGE_URL holds none of the ${checked} objects that the index names last. Is the disk mounted?`,
    );
  }
  for (const { instance, key, offset, length, found } of unfinished) {
    if (!(await forgetInstance(database, instance, key))) continue;
    log.warn(
      { key, expected: offset + length, found: found ?? null },
      'an instance that was never acknowledged was taken back',
    );
  }
}
