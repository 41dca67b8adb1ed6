/**
 * What becomes of an instance that has been received whole: its object and its rows become durable side by side, and what
 * the index says of the same instance is settled before anybody is told that it is kept.
 */
import type { Log } from '#settings/log.ts';
import type { PixelPool } from '#derive/pixel-pool.ts';
import { errorCommentCharacters } from '#dicom/dimse/message.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { objectHead, objectHeadBytes, readObjectHead } from '#dicom/file/file-meta.ts';
import type { FileMeta, ObjectInformation } from '#dicom/file/file-meta.ts';
import type { Database } from '#index/database.ts';
import { isDiskFull } from '#index/disk-room.ts';
import type { InstanceRecord } from '#index/instance-record.ts';
import { flagVersion, forgetInstance, moveInstance, versionAndCurrent } from '#index/objects.ts';
import { IndexUnavailable } from '#index/patience.ts';
import type { InstanceWriter, Written } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { objectKey } from '#storage/keys.ts';
import { StorageFailed, StorageFull, StorageUnavailable } from '#storage/storage.ts';
import type { PendingObject, Storage } from '#storage/storage.ts';
import { Problem } from './problems.ts';
import { samePixels } from './same-pixels.ts';
import type { SentAgain } from './sent-again.ts';
import { copyObject, isIntact } from './stored-object.ts';
import type { TakeBacks } from './take-backs.ts';

export interface IngestParts {
  readonly storage: Storage;
  /** What index rows call this storage. */
  readonly store: number;
  readonly writer: InstanceWriter;
  readonly database: Database;
  /** Compares versions in two transfer syntaxes. */
  readonly pixels: PixelPool;
  readonly takeBacks: TakeBacks;
  readonly log: Log;
  /** Longest data set, in place of that of `limits.dataset`. */
  readonly datasetBytes?: number;
}

/** An instance that has been received whole, its object not yet durable. */
export interface Received {
  readonly key: string;
  readonly object: PendingObject;
  readonly record: InstanceRecord;
  /** Of the data set: what stands before Pixel Data, where it is short. */
  readonly head: Buffer | undefined;
  readonly information: ObjectInformation;
  readonly meta: FileMeta;
}

export type Outcome = 'stored' | 'duplicate' | 'version';

/** Objects whose fate is open, by key: who finds one of them as its duplicate must wait for it. */
export type Unsettled = ReadonlyMap<string, Promise<unknown>>;

/**
 * @param sentAgain learns how it ended
 * @throws Problem when it could not be kept; then nothing of it stays
 */
export async function settle(
  received: Received,
  parts: IngestParts,
  unsettled: Unsettled,
  sentAgain: SentAgain,
): Promise<Outcome> {
  const { object, record, information, meta } = received;
  const sender = `${information.door} ${information.callingAETitle} ${information.address}`;
  const instance = {
    SOPInstanceUID: record.sop_instance_uid,
    transferSyntax: meta.TransferSyntaxUID,
    length: information.length,
    digest: information.digest,
  };
  if (await sentAgain.isHere(sender, instance, unsettled)) {
    await object.abort();
    return 'duplicate';
  }
  const outcome = await keep(received, parts, unsettled);
  sentAgain.settled(sender, outcome);
  return outcome;
}

async function keep(received: Received, parts: IngestParts, unsettled: Unsettled): Promise<Outcome> {
  const { storage } = parts;
  const { object } = received;
  let written: Written;
  if (storage.readableBeforeDurable) {
    await object.flush().catch(async (error: unknown) => {
      await object.abort();
      refuse(error);
    });
    const [durable, rows] = await Promise.allSettled([object.commit(), write(received, parts)]);
    if (durable.status === 'rejected') await takeBack(received, rows, parts);
    if (rows.status === 'rejected') throw rows.reason;
    if (durable.status === 'rejected') return refuse(durable.reason);
    written = rows.value;
  } else {
    await object.commit().catch(refuse);
    written = await write(received, parts);
  }
  if (written.outcome === 'duplicate') return settleDuplicate(received, written, parts, unsettled);
  return settleNew(received, written, parts);
}

/** Its object is gone. When the connection broke at COMMIT its rows may stand although writing them failed. */
async function takeBack(
  { key, record }: Received,
  rows: PromiseSettledResult<Written>,
  { database, takeBacks }: IngestParts,
): Promise<void> {
  const gone = { SOPInstanceUID: record.sop_instance_uid, key };
  if (rows.status === 'rejected') {
    if (isUnavailable(rows.reason)) takeBacks.later(gone);
    return;
  }
  await forgetInstance(database, rows.value.instance, key).catch((error: unknown) => {
    if (!(error instanceof IndexUnavailable)) throw error;
    takeBacks.later(gone);
  });
}

/** Of what `write` throws. */
function isUnavailable(reason: unknown): boolean {
  return reason instanceof Problem && reason.cause instanceof IndexUnavailable;
}

async function write({ record, head, key }: Received, parts: IngestParts): Promise<Written> {
  try {
    return await parts.writer.write(record, head);
  } catch (error) {
    // When the connection broke at COMMIT the rows may stand after all: the object stays, so that they never point nowhere.
    if (!(error instanceof IndexUnavailable)) await removeSpare(key, parts);
    return refuse(error);
  }
}

/** The index has these bytes already. Its object must be whole and durable before ours may go; else ours takes its place. */
async function settleDuplicate(
  received: Received,
  first: Written,
  parts: IngestParts,
  unsettled: Unsettled,
): Promise<Outcome> {
  const { storage, store } = parts;
  const { key, information } = received;
  let written = first;
  for (;;) {
    const { kept } = written;
    if (written.outcome !== 'duplicate' || !kept) return settleNew(received, written, parts);
    const other = unsettled.get(kept.key);
    if (other) {
      // Another sender's copy is not durable yet. If it fails its row goes, and ours is the first after all.
      await other.catch(() => undefined);
      written = await write(received, parts);
      if (written.kept?.key !== kept.key) continue;
    }
    if (kept.store === store && (await isIntact(storage, kept, information.digest).catch(refuse))) {
      if (written.version > 1) await flagUnlessSame(written.instance, kept.key, parts);
      await removeSpare(key, parts);
      return 'duplicate';
    }
    if (await takePlace(received, written, kept.key, await whatItSaid(storage, kept.key).catch(refuse), parts)) {
      if (kept.store === store) await removeSpare(kept.key, parts);
      return 'duplicate';
    }
    // Somebody else replaced it meanwhile: look again.
    written = await write(received, parts);
  }
}

/** The index has these bytes from us. */
async function settleNew(received: Received, written: Written, parts: IngestParts): Promise<Outcome> {
  if (written.version > 1) await settleVersion(received, written, parts);
  return written.outcome === 'stored' ? 'stored' : 'version';
}

/** The object learns which version it is, and in another syntax whether it shows the same, so that a rebuilt index knows too. */
async function settleVersion(received: Received, written: Written, parts: IngestParts): Promise<void> {
  let same = false;
  if (written.outcome === 'other-syntax') {
    const pair = await versionAndCurrent(parts.database, written.instance).catch(refuse);
    same = pair !== undefined && (await samePixels(pair.version, pair.current, parts).catch(refuse));
    if (!same) await flagVersion(parts.database, written.instance).catch(refuse);
  }
  await takePlace(received, written, received.key, same ? { samePixels: true } : {}, parts);
}

/**
 * Lets the row that names `from` name our bytes, behind a head with the row's version.
 * @returns false when the row names something else by now
 */
async function takePlace(
  received: Received,
  { instance, version }: Written,
  from: string,
  more: Partial<ObjectInformation>,
  parts: IngestParts,
): Promise<boolean> {
  const { storage, store, database } = parts;
  let { key } = received;
  if (version > 1 || Object.keys(more).length > 0) {
    key = objectKey('i', new Date());
    await copyObject(
      storage,
      received.key,
      key,
      objectHead(received.meta, { ...received.information, ...more, version }),
    ).catch(refuse);
  }
  const moved = await moveInstance(database, instance, from, { store, key, offset: objectHeadBytes }).catch(refuse);
  if (key !== received.key) await removeSpare(moved ? received.key : key, parts);
  return moved;
}

/** What a damaged object's head still says of how its bytes came first: the healed one says it on. */
async function whatItSaid(storage: Storage, key: string): Promise<Partial<ObjectInformation>> {
  const head = await storage.readRange(key, 0, objectHeadBytes).then(readObjectHead, (error: unknown) => {
    if (error instanceof StorageUnavailable) throw error;
    return undefined;
  });
  if (!head) return {};
  const { length: _length, digest: _digest, ...rest } = head.information;
  return rest;
}

/** An object that no row names. Where it cannot be removed it costs its space and nothing else: what was kept is kept. */
async function removeSpare(key: string, { storage, log }: IngestParts): Promise<void> {
  await storage.remove(key).catch((err: unknown) => log.warn({ key, err }, 'a spare object could not be removed'));
}

/** A version whose sender was never answered may have been left without its flag. */
async function flagUnlessSame(instance: number, key: string, { storage, database }: IngestParts): Promise<void> {
  const head = readObjectHead(await storage.readRange(key, 0, objectHeadBytes).catch(refuse));
  if (head?.information.samePixels !== true && head?.information.replaces !== true)
    await flagVersion(database, instance).catch(refuse);
}

/** What was caught, as the Problem that both doors can answer. Anything unknown goes on as it is: a cut connection above all. */
export function refuse(error: unknown): never {
  if (error instanceof BadDataset)
    throw new Problem('cannotUnderstand', error.message.slice(0, errorCommentCharacters), { cause: error });
  if (error instanceof StorageFull)
    throw new Problem('outOfResources', 'no space left in storage', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.fullStorageSeconds,
    });
  if (error instanceof IndexUnavailable) {
    const what = isDiskFull(error.cause) ? 'the disk of the database is full' : 'the index is not available';
    throw new Problem('outOfResources', what, { cause: error, retryAfterSeconds: limits.retryAfter.storageSeconds });
  }
  if (error instanceof StorageUnavailable)
    throw new Problem('unavailable', 'the storage is not available', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.storageSeconds,
    });
  if (error instanceof StorageFailed)
    throw new Problem('processingFailure', 'the storage failed to keep it', { cause: error });
  throw error;
}
