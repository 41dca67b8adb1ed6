/** The only way out (WADO-RS, and C-MOVE and C-GET when they come): instances as stored, or one frame of one. */
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Log } from '#archive/log.ts';
import { Problem } from '#archive/problems.ts';
import { scopeUids } from '#archive/search.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { decodeFrameTable, frameRanges, itemHeaderBytes } from '#dicom/pixels/frame-table.ts';
import type { ByteRange } from '#dicom/pixels/frame-table.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import type { Database } from '#index/database.ts';
import { findInstances } from '#index/instances.ts';
import type { InstanceRow, Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';

/** What replaces patient and study attributes on the way out (Original Attributes Sequence says so). None are made yet. */
export type Corrections = readonly never[];

export interface RetrieveParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly log: Log;
}

export interface RetrievedInstance {
  readonly row: InstanceRow;
  readonly syntax: TransferSyntax;
}

/**
 * The current instances of a study, a series, or one of them, in reading order.
 * @throws Problem noSuchInstance when there is none that this caller may see
 */
export async function retrieve(
  selection: Selection,
  caller: Caller,
  corrections: Corrections,
  { database, log }: RetrieveParts,
): Promise<RetrievedInstance[]> {
  if (!caller.rights.has('read')) throw new Problem('notAuthorized', 'this caller may not read');
  const rows = await findInstances(database, selection, scopeUids(caller));
  recordAccess(log, { caller, action: 'retrieve', ...selection, count: rows.length });
  if (rows.length === 0) throw new Problem('noSuchInstance', 'no such study, series or instance');
  if (corrections.length > 0) throw new Problem('processingFailure', 'corrections cannot be applied');
  return rows.map((row) => {
    const syntax = transferSyntaxes.get(row.transfer_syntax);
    if (!syntax) throw new Problem('processingFailure', `transfer syntax ${row.transfer_syntax} is not known`);
    return { row, syntax };
  });
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

/** The data set in memory, without Pixel Data; longer values are noted by their length. */
export async function readDataset({ row, syntax }: RetrievedInstance, storage: Storage): Promise<Dataset> {
  const part = (offset: number, end: number): AsyncIterable<Uint8Array> =>
    storage.readStream(row.key, { offset: row.offset + offset, length: end - offset });
  if (syntax.deflated || row.pixel_offset === null) return parseDataset(part(0, row.length), syntax, limits.dataset);
  const before = await parseDataset(part(0, row.pixel_offset), syntax, limits.dataset);
  const end = endOfPixels(row);
  if (end === undefined || end >= row.length) return before;
  const behind = await parseDataset(part(end, row.length), syntax, limits.dataset, before.characterSet);
  return { ...before, elements: new Map([...before.elements, ...behind.elements]) };
}

/** Where the elements behind Pixel Data begin; unknown for fragments that were too many to be noted. */
function endOfPixels({ pixel_offset, pixel_length, frames }: InstanceRow): number | undefined {
  if (pixel_offset === null || pixel_length === null) return undefined;
  if (pixel_length >= 0) return pixel_offset + pixel_length;
  if (!frames) return undefined;
  const { firstFragment, fragmentLengths } = decodeFrameTable(frames);
  // Each fragment but the first has its item header before it; the sequence delimiter ends the value.
  const headers = itemHeaderBytes * fragmentLengths.length;
  return firstFragment + fragmentLengths.reduce((sum, length) => sum + length, 0) + headers;
}

/**
 * Where a frame's bytes lie in the data set. @param frame counted from 1
 * @throws Problem noSuchInstance (no such frame), notAcceptable (cannot be cut out as bytes)
 */
export function locateFrame({ row, syntax }: RetrievedInstance, frame: number): ByteRange[] {
  const frames = row.number_of_frames ?? 1;
  if (row.pixel_offset === null || row.pixel_length === null)
    throw new Problem('noSuchInstance', 'the instance has no pixel data');
  if (frame < 1 || frame > frames) throw new Problem('noSuchInstance', `the instance has ${frames} frames`);
  if (row.pixel_length < 0) {
    if (!row.frames)
      throw new Problem('notAcceptable', `frames of ${syntax.name} without an offset table cannot be told apart`);
    const ranges = frameRanges(decodeFrameTable(row.frames), frame - 1);
    if (ranges.length === 0) throw new Problem('noSuchInstance', `frame ${frame} is missing`);
    return ranges;
  }
  if (syntax.deflated) throw new Problem('notAcceptable', `frames of ${syntax.name} cannot be given out`);
  const bits = (row.rows ?? 0) * (row.columns ?? 0) * (row.samples_per_pixel ?? 1) * (row.bits_allocated ?? 0);
  if (bits === 0 || bits % 8 !== 0)
    throw new Problem('notAcceptable', 'frames that do not begin on a byte cannot be given out');
  const length = bits / 8;
  // YBR_FULL_422 stores two samples a pixel instead of three (PS3.3 C.7.6.3.1.2): the value itself says how long a frame is.
  const stored = length * frames > row.pixel_length ? Math.floor(row.pixel_length / frames) : length;
  return [{ offset: row.pixel_offset + (frame - 1) * stored, length: stored }];
}

/** One frame's bytes in the instance's own transfer syntax. */
export async function frameBytes(instance: RetrievedInstance, frame: number, storage: Storage): Promise<Buffer> {
  const { key, offset } = instance.row;
  const parts = await Promise.all(
    locateFrame(instance, frame).map((range) => storage.readRange(key, offset + range.offset, range.length)),
  );
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
