/**
 * `lightbox verify`: whether everything that was acknowledged is still there, bit for bit. Changes nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuseUnfinishedRebuild } from '#index/rebuild.ts';
import { rowsElsewhere, rowTotals, wrongCounts } from '#index/verify.ts';
import type { Settings } from '#settings/settings.ts';
import { isUnreadable, StorageUnavailable } from '#storage/storage.ts';
import { storageName } from '#storage/storage-name.ts';

import { checkRows, leftOverObjects, type CheckParts } from './check-objects.ts';
import { BadUsage, type Command } from './command.ts';
import { KeySet } from './key-set.ts';
import { openExistingStorage } from './open-existing-storage.ts';
import { counted, duration, Progress, size } from './progress.ts';
import { openAnswering, withDatabaseUrl } from './with-database.ts';

const connections = 8;

/** Nothing wrong was found, but not everything could be looked at. */
const notSure = 3;

export const verify: Command = {
  usage: '[--quick]',
  help: {
    en: 'reads every object and compares it with the index, changing nothing; --quick: existence and length only',
    vi: 'đọc mọi đối tượng và so với chỉ mục, không thay đổi gì; --quick: chỉ kiểm tra sự tồn tại và độ dài',
  },
  async run(args, settings) {
    const options = { quick: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length > 0) throw new BadUsage('verify takes no argument');
    return await withDatabaseUrl(settings, (url) => verifyArchive(settings, url, values.quick));
  },
};

async function verifyArchive(settings: Settings, url: string, quick: boolean): Promise<number> {
  // A mistake of ours must not be able to change anything.
  await using database = await openAnswering(url, settings, { max: connections, readOnly: true });
  await refuseUnfinishedRebuild(database);
  const { rows } = await database.pool.query("SELECT to_regclass('index.instance') IS NOT NULL AS exists");
  if (!rows[0].exists) throw new Error('There is no index yet: start Lightbox first.');

  return await withOwnSpool(settings, async (spoolDir) => {
    await using storage = await openExistingStorage({ ...settings, spoolDir });
    return await compare({ database, storage, quick }, storageName(settings.storageUrl));
  });
}

/**
 * An S3 storage tidies the spool up when it is opened: not that of an archive that we only look at. Files on a disk need none,
 * and are to be looked at also when that disk is full.
 */
async function withOwnSpool<T>({ storageUrl, spoolDir }: Settings, use: (spoolDir: string) => Promise<T>): Promise<T> {
  if (storageUrl.startsWith('file:')) return await use(spoolDir);
  const own = await mkdtemp(join(tmpdir(), 'lightbox-verify-'));
  try {
    return await use(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function compare(parts: CheckParts, store: string): Promise<number> {
  const { database, quick } = parts;
  const totals = await rowTotals(database);
  using progress = new Progress({ unit: 'instances' });
  progress.expect(quick ? { count: totals.count, bytes: 0 } : totals);

  const keys = new KeySet(totals.count);
  let damaged = 0;
  let unseen = 0;
  const notLookedAt = (key: string, SOPInstanceUID: string, why: string): void => {
    unseen++;
    progress.line(`not looked at: ${key}  ${SOPInstanceUID}  ${why}`);
  };
  for await (const { row, damage, unseen: whyNot } of checkRows(parts, totals, keys)) {
    progress.add(quick ? 0 : row.offset + row.length);
    if (whyNot !== undefined) notLookedAt(row.key, row.SOPInstanceUID, whyNot);
    if (damage === undefined) continue;
    damaged++;
    progress.line(`damaged: ${row.key}  ${row.SOPInstanceUID}  ${damage}`);
  }
  let leftOver = 0;
  let cannotList: unknown;
  try {
    for await (const { key, SOPInstanceUID = 'SOP Instance UID unknown', why, isUnseen } of leftOverObjects(
      parts,
      keys,
    )) {
      if (isUnseen) {
        notLookedAt(key, SOPInstanceUID, why);
        continue;
      }
      leftOver++;
      progress.line(`left over: ${key}  ${SOPInstanceUID}  ${why}`);
    }
  } catch (error) {
    // What is listed here has no row: of what has one all is said, and the counts need no storage.
    cannotList = error;
    if (isUnreadable(error)) progress.line(`damaged: what else lies there cannot be listed  ${error.message}`);
    else if (error instanceof StorageUnavailable)
      progress.line(`not looked at: what else lies there  ${error.message}`);
    else throw error;
  }
  const wrong = await wrongCounts(database);
  for (const { StudyInstanceUID, SeriesInstanceUID, what } of wrong)
    progress.line(`wrong count: ${[StudyInstanceUID, SeriesInstanceUID].filter(Boolean).join('  ')}  ${what}`);
  for (const { url, count } of await rowsElsewhere(database, store))
    progress.line(
      `${counted(count, 'instance')} were stored when STORAGE_URL was ${url}; a rebuild brings them up to date.`,
    );

  const { count, bytes } = progress.done;
  const read = quick ? '' : ` (${size(bytes)})`;
  progress.line(`${counted(count, 'instance')}${read} checked in ${duration(progress.elapsedMs)}.`);
  if (leftOver > 0)
    progress.line(
      `${counted(leftOver, 'object')} left over: no row names them. A rebuild takes in those that are whole.`,
    );
  if (unseen > 0)
    progress.line(
      `${counted(unseen, 'object')} could not be looked at, and may be whole or not: run it again when the storage answers.`,
    );
  if (cannotList !== undefined)
    progress.line('What else lies there could not be listed to its end: look after the storage, and run it again.');
  if (damaged + wrong.length > 0)
    progress.line(`Damage: ${counted(damaged, 'instance')}, ${counted(wrong.length, 'wrong count')}, as listed above.`);
  if (damaged + wrong.length > 0 || isUnreadable(cannotList)) return 1;
  if (unseen > 0 || cannotList !== undefined) return notSure;
  progress.line('Every instance that the index names is there, whole.');
  return 0;
}
