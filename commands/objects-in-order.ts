/**
 * Every stored object in the order in which the instances came, by what the objects themselves say: the order in which a
 * rebuilt index has to learn of them. Memory holds one hour's names, never all of them.
 */
import { dirname } from 'node:path/posix';
import { isUid } from '#dicom/data/uid.ts';
import { objectHeadBytes, readObjectHead } from '#dicom/file/file-meta.ts';
import { isUnreadable, type Storage } from '#storage/storage.ts';

import { inOrder } from './in-order.ts';
import type { StoragePatience } from './storage-patience.ts';

/** An object whose head is whole, or what is wrong with it. */
export interface FoundObject {
  readonly key: string;
  /** Of the object, in bytes. */
  readonly length: number;
  readonly SOPInstanceUID?: string;
  /** Microseconds: which came first. */
  readonly order: number;
  readonly version: number;
  /** Why it cannot be taken into the index. */
  readonly fault?: string;
  /** It was on its way in when the archive was stopped: its sender was never told that it is kept. */
  readonly isUnfinished?: true;
}

type Listed = Pick<FoundObject, 'key' | 'length'>;
export type Head = NonNullable<ReturnType<typeof readObjectHead>>;

const headsAtOnce = 32;
const hourUs = 3_600_000_000;

/**
 * What an object says of itself. `unfinished`: room was left for its head, and the head, which is written last, never came;
 * it is nothing but zeros. Any other head that is not whole is damage. @throws StorageFailed
 */
export async function readHead(storage: Storage, { key, length }: Listed): Promise<Head | 'unfinished' | 'damaged'> {
  const bytes = length === 0 ? Buffer.alloc(0) : await storage.readRange(key, 0, Math.min(length, objectHeadBytes));
  if (bytes.every((byte) => byte === 0)) return 'unfinished';
  return (length >= objectHeadBytes && soundHead(bytes)) || 'damaged';
}

/** The same of bytes that were read already. */
export function soundHead(bytes: Buffer): Head | undefined {
  const head = readObjectHead(bytes);
  if (!head || !isUid(head.meta.MediaStorageSOPInstanceUID)) return undefined;
  const { length, order, version } = head.information;
  return [length, order, version].every(Number.isSafeInteger) ? head : undefined;
}

/** Objects with a fault come too, first in their hour. @throws StorageUnavailable; StorageFailed where they cannot be listed */
export async function* objectsInOrder(storage: Storage, patience: StoragePatience): AsyncGenerator<FoundObject> {
  let waiting: FoundObject[] = [];
  for await (const { directory, objects } of directories(patience)) {
    for await (const found of inOrder(objects, headsAtOnce, (object) => lookAt(storage, object, patience)))
      waiting.push(found);
    waiting.sort((a, b) => a.order - b.order || a.version - b.version);
    // A key has the hour in which an instance began to come, its order the moment at which it was there: what is of this
    // hour may stand in this directory or an earlier one, never in a later one.
    const end = endOfHour(directory);
    const later = waiting.findIndex(({ order }) => order >= end);
    yield* later < 0 ? waiting : waiting.slice(0, later);
    waiting = later < 0 ? [] : waiting.slice(later);
  }
  yield* waiting;
}

async function lookAt(storage: Storage, { key, length }: Listed, patience: StoragePatience): Promise<FoundObject> {
  const faulty = { key, length, order: 0, version: 1 };
  try {
    const head = await patience.read(key, () => readHead(storage, { key, length }));
    if (head === 'unfinished') return { ...faulty, fault: 'unfinished', isUnfinished: true };
    if (head === 'damaged') return { ...faulty, fault: 'its head is damaged' };
    const { order, version, length: datasetBytes } = head.information;
    const found = { key, length, SOPInstanceUID: head.meta.MediaStorageSOPInstanceUID, order, version };
    const missing = objectHeadBytes + datasetBytes - length;
    return missing > 0 ? { ...found, fault: `cut off: ${missing} of its ${datasetBytes} bytes are missing` } : found;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { ...faulty, fault: `cannot be read: ${error.message}` };
  }
}

/** The objects of one directory at a time: those of an hour. */
async function* directories(patience: StoragePatience): AsyncGenerator<{ directory: string; objects: Listed[] }> {
  let directory = '';
  let objects: Listed[] = [];
  for await (const object of patience.list('i/')) {
    if (dirname(object.key) !== directory) {
      if (objects.length > 0) yield { directory, objects };
      directory = dirname(object.key);
      objects = [];
    }
    objects.push(object);
  }
  if (objects.length > 0) yield { directory, objects };
}

/** In microseconds since 1970, like `order`. @param directory `i/YYYY/MM/DD/HH`; another one has no end */
export function endOfHour(directory: string): number {
  const [year, month, day, hour] = directory.split('/').slice(1).map(Number);
  const start = Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour) * 1000;
  return Number.isNaN(start) ? Infinity : start + hourUs;
}
