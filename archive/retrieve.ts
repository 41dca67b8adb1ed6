/** The only way out (WADO-RS, C-MOVE and C-GET): which instances a caller gets, and their bytes as stored. */
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Log } from '#settings/log.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import type { Storable } from '#dicom/dimse/store-contexts.ts';
import type { PixelPool } from '#derive/pixel-pool.ts';
import { readStoredDataset } from '#derive/stored-dataset.ts';
import { transferSyntaxes, transferSyntaxOf } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Database } from '#index/database.ts';
import { findInstances, findInstancesByKeys, findMiddle, readInstances } from '#index/instances.ts';
import type { InstanceRow, Selection, UniqueKeys } from '#index/instances.ts';
import { patiently } from '#index/patience.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';
import { FoundInstances } from './found-instances.ts';
import { Problem } from './problems.ts';
import { requireRight } from './require-right.ts';
import { scopeUids } from './search.ts';

/** What replaces patient and study attributes on the way out (Original Attributes Sequence says so). None are made yet. */
export type Corrections = readonly never[];

export interface RetrieveParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly pixels: PixelPool;
  readonly log: Log;
}

export interface RetrievedInstance {
  readonly row: InstanceRow;
  readonly syntax: TransferSyntax;
}

/** As C-STORE looks at it. */
export function storableOf({ row, syntax }: RetrievedInstance): Storable {
  return { sopClassUID: row.sop_class, transferSyntaxUID: syntax.uid };
}

/**
 * The current instances of a study, a series, or one of them, in reading order.
 * @throws Problem noSuchInstance when there is none that this caller may see
 */
export async function retrieve(
  selection: Selection,
  caller: Caller,
  corrections: Corrections,
  { database, log }: Pick<RetrieveParts, 'database' | 'log'>,
): Promise<RetrievedInstance[]> {
  requireRight('read', caller, log);
  const rows = await findInstances(database, selection, scopeUids(caller));
  recordAccess(log, { caller, action: 'retrieve', ...selection, count: rows.length });
  if (rows.length === 0) throw new Problem('noSuchInstance', 'no such study, series or instance');
  return rows.map((row) => corrected(row, corrections));
}

const decoded = [...transferSyntaxes.values()].filter(({ decodeFrame }) => decodeFrame).map(({ uid }) => uid);

/** The one that stands for a study or series in a list: undefined when none has pictures that this caller may see. */
export async function retrieveMiddle(
  selection: Omit<Selection, 'SOPInstanceUID'>,
  caller: Caller,
  corrections: Corrections,
  { database, log }: Pick<RetrieveParts, 'database' | 'log'>,
): Promise<RetrievedInstance | undefined> {
  requireRight('read', caller, log);
  const row = await findMiddle(database, selection, scopeUids(caller), decoded);
  if (!row) return undefined;
  recordAccess(log, { caller, action: 'retrieve', ...selection, count: 1 });
  return corrected(row, corrections);
}

export interface RetrievalOptions {
  readonly caller: Caller;
  readonly door: 'C-GET' | 'C-MOVE' | 'C-STORE';
  /** AE title of who gets them, when that is not the caller. */
  readonly destination?: string;
  /** Without what this send has had acknowledged. */
  readonly exceptSentBy?: number;
}

/**
 * The same for C-GET, C-MOVE and sends, study by study; none is no problem there.
 * @throws Problem tooManyInstances
 */
export async function retrieveByKeys(
  keys: UniqueKeys,
  { caller, door, destination, exceptSentBy }: RetrievalOptions,
  corrections: Corrections,
  { database, log }: Pick<RetrieveParts, 'database' | 'log'>,
): Promise<FoundInstances<RetrievedInstance>> {
  requireRight('read', caller, log, door);
  const most = limits.retrieve.instances;
  const scope = scopeUids(caller);
  const kinds = await findInstancesByKeys(database, keys, { scope, limit: most + 1, exceptSentBy });
  // What has begun is not given up because PostgreSQL is away for a moment.
  const found = new FoundInstances(kinds, async (ids) =>
    (await patiently(() => readInstances(database, ids, scope))).map((row) => corrected(row, corrections)),
  );
  const StudyInstanceUID = [...new Set(kinds.flatMap(({ studies }) => studies))].join('\\');
  const to = destination === undefined ? {} : { destination };
  if (found.total > most) throw new Problem('tooManyInstances', `more than ${most} instances at once`);
  for (const { transfer_syntax } of kinds) canBeGivenOut(transfer_syntax, corrections);
  // What is refused was given to nobody.
  recordAccess(log, { caller, action: 'retrieve', door, StudyInstanceUID, count: found.total, ...to });
  return found;
}

/** @throws Problem processingFailure when it cannot be given out as it should be */
function corrected(row: InstanceRow, corrections: Corrections): RetrievedInstance {
  return { row, syntax: canBeGivenOut(row.transfer_syntax, corrections) };
}

function canBeGivenOut(transferSyntax: string, corrections: Corrections): TransferSyntax {
  if (corrections.length > 0) throw new Problem('processingFailure', 'corrections cannot be applied');
  return transferSyntaxOf(transferSyntax);
}

/** Preamble and file meta information of an instance as it is given out. */
export function fileMetaOf({ row, syntax }: RetrievedInstance): Buffer {
  return fileHead({
    MediaStorageSOPClassUID: row.sop_class,
    MediaStorageSOPInstanceUID: row.sop_instance_uid,
    TransferSyntaxUID: syntax.uid,
  });
}

/** The data set's bytes as they were received. */
export function datasetStream({ row }: RetrievedInstance, storage: Storage): AsyncIterable<Uint8Array> {
  return storage.readStream(row.key, { offset: row.offset, length: row.length });
}

/** The same for its frames: what native ones take beside reading is done by the pixel pool. */
export function pixelBytesOf(
  { row }: { readonly row: Pick<InstanceRow, 'key' | 'offset' | 'length'> },
  { storage, pixels }: Pick<RetrieveParts, 'storage' | 'pixels'>,
): DatasetBytes {
  return pixels.workingOn(`${row.key} ${row.offset}`, row.length, bytesOf({ row }, storage));
}

/** Its bytes by their place in the data set. */
export function bytesOf(
  { row }: { readonly row: Pick<InstanceRow, 'key' | 'offset'> },
  storage: Storage,
): DatasetBytes {
  const { key, offset } = row;
  return {
    readRange: (from, length, into) => storage.readRange(key, offset + from, length, into),
    readStream: (from, length) => storage.readStream(key, { offset: offset + from, length }),
  };
}

/** The data set in memory, without Pixel Data; longer values are noted by their length. */
export function readDataset(instance: RetrievedInstance, storage: Storage): Promise<Dataset> {
  return readStoredDataset(instance.row, instance.syntax, bytesOf(instance, storage));
}
