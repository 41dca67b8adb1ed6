/**
 * The check behind `lightbox verify`: each row against its object, and each object against the rows. Reads only, so it
 * may run beside a Lightbox at work: what seems wrong is looked at again before it is said.
 */
import { createHash } from 'node:crypto';
import { objectHeadBytes } from '#dicom/file/file-meta.ts';
import type { Database } from '#index/database.ts';
import { allRows, isIndexed, rowOf, type RowTotals, type VerifiedRow } from '#index/verify.ts';
import { isUnreadable, NoSuchObject, StorageFailed, StorageUnavailable, type Storage } from '#storage/storage.ts';

import { inOrder } from './in-order.ts';
import { KeySet } from './key-set.ts';
import { type Head, readHead, soundHead } from './objects-in-order.ts';

export interface CheckParts {
  readonly database: Database;
  readonly storage: Storage;
  /** Existence and length only: no object is read. */
  readonly quick: boolean;
}

const objectsAtOnce = 16;

/** What is wrong with an object; or why it could not be looked at, and nothing is known of it. */
interface Finding {
  readonly damage?: string;
  readonly unseen?: string;
}

export interface Checked extends Finding {
  readonly row: VerifiedRow;
}

/** Looks at the object of every row up to `totals.last`. @param keys takes the keys that the rows name */
export function checkRows(parts: CheckParts, totals: RowTotals, keys: KeySet): AsyncGenerator<Checked> {
  return inOrder(allRows(parts.database, totals.last), objectsAtOnce, async (row) => {
    const checked = await checkRow(parts, row);
    keys.add(checked.row.key);
    return checked;
  });
}

async function checkRow(parts: CheckParts, row: VerifiedRow): Promise<Checked> {
  const finding = await lookAt(parts, row);
  if (finding === undefined) return { row };
  // A Lightbox at work may have taken the row back, or let it name another object of the same bytes.
  const now = await rowOf(parts.database, row.instance);
  if (!now) return { row };
  return now.key === row.key ? { row, ...finding } : checkRow(parts, now);
}

/** @returns undefined where it is whole */
async function lookAt(parts: CheckParts, row: VerifiedRow): Promise<Finding | undefined> {
  try {
    if ((await damageOf(parts, row)) === undefined) return undefined;
    // A disk that is not there any more lacks every object; it may also have come back since.
    await parts.storage.confirmPlace();
    const damage = await damageOf(parts, row);
    return damage === undefined ? undefined : { damage };
  } catch (error) {
    if (error instanceof StorageUnavailable) return { unseen: error.message };
    throw error;
  }
}

/** @throws StorageUnavailable */
async function damageOf({ storage, quick }: CheckParts, row: VerifiedRow): Promise<string | undefined> {
  const { key, offset, length } = row;
  try {
    const found = await storage.length(key);
    if (found === undefined) return 'the object is missing';
    if (found !== offset + length) return `the object has ${found} bytes instead of ${offset + length}`;
    return quick ? undefined : await contentDamage(storage, row);
  } catch (error) {
    if (isUnreadable(error)) return `the object cannot be read: ${error.message}`;
    throw error;
  }
}

async function contentDamage(storage: Storage, row: VerifiedRow): Promise<string | undefined> {
  const { key, offset, length, digest, SOPInstanceUID } = row;
  const hash = createHash('sha256');
  const head = Buffer.alloc(Math.min(offset, objectHeadBytes));
  let at = 0;
  for await (const chunk of storage.readStream(key, { offset: 0, length: offset + length })) {
    if (at < head.length) head.set(chunk.subarray(0, head.length - at), at);
    hash.update(chunk.subarray(Math.max(0, Math.min(chunk.length, offset - at))));
    at += chunk.length;
  }
  if (hash.digest('hex') !== digest) return 'the data set differs from its digest';
  const said = soundHead(head);
  if (!said) return 'the data set is whole, but the head before it is damaged: a rebuild would leave it out';
  const agrees = said.meta.MediaStorageSOPInstanceUID === SOPInstanceUID && said.information.digest === digest;
  return agrees ? undefined : 'the data set is whole, but the head before it is that of another one';
}

export interface LeftOver {
  readonly key: string;
  readonly SOPInstanceUID: string | undefined;
  readonly why: string;
  /** It could not be looked at, so that it may be none. */
  readonly isUnseen?: true;
}

/**
 * Objects that no row names: what was never acknowledged, or what an index that was restored from an older copy does not
 * know. @throws StorageUnavailable, StorageFailed when they cannot be listed to their end
 */
export async function* leftOverObjects({ database, storage }: CheckParts, keys: KeySet): AsyncGenerator<LeftOver> {
  const unnamed = inOrder(storage.list('i/'), objectsAtOnce, async (object) =>
    keys.has(object.key) ? undefined : whyLeftOver(database, storage, object),
  );
  try {
    for await (const leftOver of unnamed) if (leftOver) yield leftOver;
  } catch (error) {
    if (isUnreadable(error)) await storage.confirmPlace();
    throw error;
  }
}

/** Undefined when a row names it after all, or it has gone meanwhile. */
async function whyLeftOver(
  database: Database,
  storage: Storage,
  object: { key: string; length: number },
): Promise<LeftOver | undefined> {
  const { key } = object;
  let head: Head | 'unfinished' | 'damaged' = 'damaged';
  try {
    head = await readHead(storage, object);
  } catch (error) {
    if (error instanceof NoSuchObject) return undefined;
    if (!(error instanceof StorageFailed)) throw error;
    const why = error.message;
    if (!isUnreadable(error)) return { key, SOPInstanceUID: undefined, why, isUnseen: true };
  }
  if (head === 'unfinished') return { key, SOPInstanceUID: undefined, why: 'unfinished: on its way in, or cut off' };
  if (head === 'damaged') return { key, SOPInstanceUID: undefined, why: 'damaged: its head cannot be read' };
  const { digest, length } = head.information;
  const SOPInstanceUID = head.meta.MediaStorageSOPInstanceUID;
  const indexed = await isIndexed(database, { key, SOPInstanceUID, digest });
  if (indexed === 'yes') return undefined;
  const missing = objectHeadBytes + length - object.length;
  if (missing > 0) return { key, SOPInstanceUID, why: `cut off: ${missing} of its ${length} bytes are missing` };
  const why =
    indexed === 'copy' ? 'repeats an object that the index names' : 'unreferenced: the index does not name it';
  return { key, SOPInstanceUID, why };
}
