/**
 * `lightbox remove-unfinished`: objects that were on their way in when Lightbox was killed. Their senders were never told that
 * they are kept; they cost space and nothing else. What could be an instance is never touched: an object goes only when
 * nothing of its head was ever written, no row names it, and it began more than a day ago.
 */
import { dirname } from 'node:path/posix';
import { parseArgs } from 'node:util';
import { refuseUnfinishedRebuild } from '#index/rebuild.ts';
import { namedKeys } from '#index/verify.ts';
import type { Settings } from '#settings/settings.ts';
import { NoSuchObject, type Storage } from '#storage/storage.ts';

import type { Command } from './command.ts';
import { BadUsage } from './command.ts';
import { inOrder } from './in-order.ts';
import { endOfHour, readHead } from './objects-in-order.ts';
import { openExistingStorage } from './open-existing-storage.ts';
import { counted, Progress, size } from './progress.ts';
import { openAnswering, refuseNewDataDir, refuseWhileRunning, withDatabaseAlone } from './with-database.ts';

const dayUs = 24 * 3_600_000_000;
const objectsAtOnce = 32;
/** Keys that are compared with the rows in one statement. */
const keysAtOnce = 1_000;

export const removeUnfinished: Command = {
  usage: '[--yes]',
  help: {
    en: 'lists objects that never came to their end and are older than a day, while Lightbox is stopped; --yes: removes them',
    vi: 'liệt kê các đối tượng nhận dở dang đã quá một ngày, khi Lightbox đã dừng; --yes: xoá các đối tượng đó',
  },
  async run(args, settings) {
    const options = { yes: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length > 0) throw new BadUsage('remove-unfinished takes no argument');
    await refuseNewDataDir(settings);
    return await withDatabaseAlone(settings, (url) => listOrRemove(settings, url, values.yes));
  },
};

async function listOrRemove(settings: Settings, url: string, isRemoving: boolean): Promise<number> {
  await using database = await openAnswering(url, settings, { readOnly: true });
  await refuseWhileRunning(database, 'then try again');
  await refuseUnfinishedRebuild(database);
  const { rows } = await database.pool.query("SELECT to_regclass('index.instance') IS NOT NULL AS exists");
  if (!rows[0].exists) throw new Error('There is no index that could say what is named: run lightbox rebuild first.');
  await using storage = await openExistingStorage(settings);
  using progress = new Progress({ unit: 'objects' });

  let found = 0;
  let bytes = 0;
  const handle = async (batch: readonly Listed[]): Promise<void> => {
    const named = await namedKeys(
      database,
      batch.map(({ key }) => key),
    );
    for (const { key, length } of batch) {
      if (named.has(key)) continue;
      // Once more, as late as can be.
      if (isRemoving && !(await isUnfinished(storage, { key, length }))) continue;
      if (isRemoving) await storage.remove(key);
      found++;
      bytes += length;
      progress.line(`${isRemoving ? 'removed' : 'unfinished'}: ${key}  ${size(length)}`);
    }
  };
  let batch: Listed[] = [];
  for await (const object of oldUnfinished(storage, Date.now() * 1_000, () => progress.add(0))) {
    batch.push(object);
    if (batch.length < keysAtOnce) continue;
    await handle(batch);
    batch = [];
  }
  await handle(batch);

  const what = `${counted(found, 'object')} (${size(bytes)})`;
  if (found === 0) progress.line('No object older than a day is unfinished.');
  else if (isRemoving) progress.line(`${what} removed.`);
  else progress.line(`${what} unfinished. Nothing was removed: lightbox remove-unfinished --yes removes them.`);
  return 0;
}

interface Listed {
  readonly key: string;
  readonly length: number;
}

/** Those without a head whose hour, which their key names, ended a day ago or earlier. @param nowUs microseconds since 1970 */
async function* oldUnfinished(storage: Storage, nowUs: number, onSeen: () => void): AsyncGenerator<Listed> {
  const seen = inOrder(storage.list('i/'), objectsAtOnce, async (object) => {
    const isOld = endOfHour(dirname(object.key)) + dayUs <= nowUs;
    return isOld && (await isUnfinished(storage, object)) ? object : undefined;
  });
  for await (const object of seen) {
    onSeen();
    if (object) yield object;
  }
}

/** An object that cannot be read may be anything, and stays: the error ends the command. @throws StorageFailed */
async function isUnfinished(storage: Storage, object: Listed): Promise<boolean> {
  try {
    return (await readHead(storage, object)) === 'unfinished';
  } catch (error) {
    if (error instanceof NoSuchObject) return false;
    throw error;
  }
}
