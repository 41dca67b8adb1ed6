/**
 * After an unclean stop: rows and objects become durable side by side, so a power cut may leave a row whose object is
 * missing or short. Nobody was told of such an instance; its row goes, before a door opens. A mark in DATA_DIR tells an
 * unclean stop from a clean one, after which a missing object is damage, and damage is never tidied away.
 */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '#index/database.ts';
import { forgetInstance, newestRows } from '#index/objects.ts';
import type { ObjectRow } from '#index/objects.ts';
import type { Log } from '#settings/log.ts';
import { syncDirectory } from '#storage/directories.ts';
import type { Storage } from '#storage/storage.ts';

/** How far back a commit can have overtaken its object: longer than any disk takes for a sync. */
const minutes = 2;
/** So many lost at once, and nothing found, is a disk that is not mounted. */
const suspicious = 20;

class StorageDoesNotFit extends Error {
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
 * @throws StorageDoesNotFit when the storage holds none of the newest objects
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
  if (!clean) await forgetUnfinished(parts);
  // Without its name on the disk, a power cut would look like a clean stop.
  if (clean) await syncDirectory(parts.dataDir);
  return () => rm(mark, { force: true });
}

async function forgetUnfinished({ database, storage, store, log }: AfterStopParts): Promise<void> {
  const unfinished: (ObjectRow & { found: number | undefined })[] = [];
  let checked = 0;
  for await (const rows of newestRows(database, store, minutes)) {
    for (const row of rows) {
      const found = await storage.length(row.key);
      checked++;
      if (found === undefined || found < row.offset + row.length) unfinished.push({ ...row, found });
    }
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
