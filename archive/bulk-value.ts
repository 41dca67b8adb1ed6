/** The bytes of one value of a stored data set, in little endian, as a stream: what stands behind a BulkDataURI. */
import { inflated, partOf } from '#derive/re-encoded.ts';
import { pixelUnitBytes, unitBytes } from '#dicom/data/dataset.ts';
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { findValue, findValueIn } from '#dicom/file/find-value.ts';
import type { ElementPath } from '#dicom/file/find-value.ts';
import { walkFragments } from '#dicom/pixels/fragments.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import { fragmentRanges } from '#dicom/pixels/frame-table.ts';
import type { ByteRange } from '#dicom/pixels/frame-table.ts';
import { holding, weightOf } from '#derive/heavy-heads.ts';
import { only } from '#derive/stored-dataset.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';
import { bytesOf, datasetStream, readDataset } from './retrieve.ts';
import type { RetrievedInstance } from './retrieve.ts';

export interface BulkValue {
  /** In bytes. */
  readonly length: number;
  /** Its bytes, or those of a range of it. */
  read(range?: { offset: number; length: number }): AsyncIterable<Uint8Array>;
}

/** @returns undefined when there is no such value @throws BadDataset */
export async function bulkValue(
  instance: RetrievedInstance,
  path: ElementPath,
  storage: Storage,
): Promise<BulkValue | undefined> {
  const { row, syntax } = instance;
  const { readRange, readStream } = bytesOf(instance, storage);
  const place = syntax.deflated
    ? await findValueIn(inflated(datasetStream(instance, storage)), syntax, path, limits.dataset)
    : await findValue(readRange, row.length, syntax, path, limits.dataset);
  if (!place) {
    const read = async () => inMemory(await readDataset(instance, storage), path);
    return holding(weightOf(row, row.transfer_syntax), read);
  }
  if (place.length < 0)
    return joined(fragmentRanges(await walkFragments(place.offset, row.length, readRange)), readStream);
  const stored = ({ offset, length }: { offset: number; length: number }): AsyncIterable<Uint8Array> =>
    syntax.deflated
      ? partOf(inflated(datasetStream(instance, storage)), place.offset + offset, length)
      : readStream(place.offset + offset, length);
  const isPixelData = path.length === 1 && path[0] === pixelData;
  const unit =
    isPixelData && row.bits_allocated !== null ? pixelUnitBytes(row.bits_allocated, place.vr) : unitBytes[place.vr];
  const { length } = place;
  return { length, read: (range) => littleEndian({ length, unit: place.bigEndian ? unit : 1 }, stored, range) };
}

/** Fragments one behind the other: one may be a video of gigabytes. */
function joined(fragments: readonly ByteRange[], readStream: DatasetBytes['readStream']): BulkValue {
  const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  return {
    length,
    async *read(range = { offset: 0, length }) {
      let at = 0;
      for (const fragment of fragments) {
        const from = Math.max(range.offset - at, 0);
        const to = Math.min(range.offset + range.length - at, fragment.length);
        if (to > from) yield* readStream(fragment.offset + from, to - from);
        at += fragment.length;
      }
    },
  };
}

/** A value that only the reading of the whole shows, as one in a sequence that is written as UN (PS3.5 6.2.2). */
function inMemory(dataset: Dataset, path: ElementPath): BulkValue | undefined {
  let here: Dataset | undefined = dataset;
  let element: Element | undefined;
  for (const [at, step] of path.entries()) {
    if (at % 2 === 0) element = here?.elements.get(step);
    else here = element?.items?.[step - 1];
  }
  const bytes = element?.bytes;
  if (!bytes || !here) return undefined;
  const whole = { offset: 0, length: bytes.length };
  const place = { length: bytes.length, unit: here.bigEndian ? unitBytes[(element as Element).vr] : 1 };
  return {
    length: bytes.length,
    read: (range = whole) =>
      littleEndian(place, ({ offset, length }) => only(bytes.subarray(offset, offset + length)), range),
  };
}

/** Values go out in little endian whatever they were stored in (PS3.18 Section 8.7.3.5). */
async function* littleEndian(
  { length, unit = 1 }: { length: number; unit: number | undefined },
  read: (range: { offset: number; length: number }) => AsyncIterable<Uint8Array>,
  range = { offset: 0, length },
): AsyncGenerator<Uint8Array> {
  if (unit === 1) {
    yield* read(range);
    return;
  }
  // Whole units are read and turned, and what was not asked for is cut off.
  const from = range.offset - (range.offset % unit);
  const to = Math.min(length, Math.ceil((range.offset + range.length) / unit) * unit);
  yield* partOf(turned(read({ offset: from, length: to - from }), unit), range.offset - from, range.length);
}

async function* turned(pieces: AsyncIterable<Uint8Array>, unit: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % unit));
    rest = bytes.subarray(whole.length);
    if (unit === 2) whole.swap16();
    else if (unit === 4) whole.swap32();
    else whole.swap64();
    yield whole;
  }
  if (rest.length) yield rest;
}
