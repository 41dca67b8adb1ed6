/** Whole stored objects: whether one has the bytes that its row says, for good, and a copy under another head. */
import { createHash } from 'node:crypto';
import { objectHeadBytes } from '#dicom/file/file-meta.ts';
import { blockBytes, giveBlock, takeBlock } from '#storage/block-pool.ts';
import { isUnreadable, StorageFailed } from '#storage/storage.ts';
import type { Storage } from '#storage/storage.ts';

/**
 * Reads a data set back, compares its digest, and makes it durable: an archive that was killed may have left its row
 * and never have synced it.
 * @param digest SHA-256 in hexadecimal
 * @throws StorageUnavailable when it cannot be said now: an object that cannot be reached is not damaged
 */
export async function isIntact(
  storage: Storage,
  { key, offset, length }: { key: string; offset: number; length: number },
  digest: string,
): Promise<boolean> {
  try {
    if ((await digestOf(storage, { key, offset, length })) !== digest) return false;
    await storage.makeDurable(key);
    return true;
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}

async function digestOf(
  storage: Storage,
  { key, offset, length }: { key: string; offset: number; length: number },
): Promise<string> {
  const hash = createHash('sha256');
  if (length > blockBytes || storage.remembersRanges) {
    for await (const chunk of storage.readStream(key, { offset, length })) hash.update(chunk);
    return hash.digest('hex');
  }
  // A slice is looked at where others lay before: fresh memory for each costs more than reading it.
  const block = takeBlock();
  try {
    return hash.update(await storage.readRange(key, offset, length, block)).digest('hex');
  } finally {
    giveBlock(block);
  }
}

/** Writes a durable copy of an object's data set behind another head. */
export async function copyObject(storage: Storage, from: string, to: string, head: Buffer): Promise<void> {
  const whole = await storage.length(from);
  if (whole === undefined) throw new StorageFailed(`object ${from} has vanished`);
  const copy = await storage.begin(to);
  try {
    await copy.write(head);
    const data = { offset: objectHeadBytes, length: whole - objectHeadBytes };
    for await (const chunk of storage.readStream(from, data)) await copy.write(chunk);
    await copy.commit();
  } catch (error) {
    await copy.abort();
    throw error;
  }
}
