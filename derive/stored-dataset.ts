/**
 * A stored data set in memory without its Pixel Data: only the bytes around it are read.
 */
import type { Dataset } from '#dicom/data/dataset.ts';
import { doubleFloatPixelData, floatPixelData, pixelData } from '#dicom/file/dataset-handler.ts';
import { tagAt } from '#dicom/file/element-header.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { walkFragments } from '#dicom/pixels/fragments.ts';
import type { DatasetBytes } from '#dicom/pixels/frame-source.ts';
import { decodeFrameTable, itemHeaderBytes } from '#dicom/pixels/frame-table.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';

/** What the index says of a stored data set: its length, and where top-level Pixel Data lies in it. */
export interface StoredDataset {
  readonly length: number;
  readonly pixel_offset: number | null;
  /** -1 when it is encapsulated. */
  readonly pixel_length: number | null;
  readonly frames: Buffer | null;
}

const floatPixelVRs = new Map([
  [floatPixelData, 'OF'],
  [doubleFloatPixelData, 'OD'],
]);
const longHeaderBytes = 12;
/** A head up to this length is read at once, a longer one in pieces. */
const headAtOnceBytes = 512 * 1024;

/** @param kept  longer values are noted by their length @throws BadDataset */
export async function readStoredDataset(
  stored: StoredDataset,
  syntax: TransferSyntax,
  bytes: DatasetBytes,
  kept: Parameters<typeof parseDataset>[2] = limits.dataset,
): Promise<Dataset> {
  const { length, pixel_offset } = stored;
  if (syntax.deflated || pixel_offset === null) return parseDataset(bytes.readStream(0, length), syntax, kept);
  const end = (await endOfPixels(stored, bytes)) ?? length;
  // Asked for side by side: most often a few bytes of padding.
  const tail = end < length && length - end <= headAtOnceBytes ? bytes.readRange(end, length - end) : undefined;
  tail?.catch(() => undefined); // told below
  const head =
    pixel_offset <= headAtOnceBytes ? only(await bytes.readRange(0, pixel_offset)) : bytes.readStream(0, pixel_offset);
  const before = await withPixels(await parseDataset(head, syntax, kept), stored, syntax, bytes);
  if (end >= length) return before;
  const rest = tail ? only(await tail) : bytes.readStream(end, length - end);
  const behind = await parseDataset(rest, syntax, kept, before.characterSet);
  return { ...before, elements: new Map([...before.elements, ...behind.elements]) };
}

/** Pixel Data is noted by the parser when its header comes; Float and Double Float Pixel Data (PS3.3 C.7.6.24) here. */
async function withPixels(
  dataset: Dataset,
  { pixel_offset, pixel_length }: StoredDataset,
  { bigEndian }: TransferSyntax,
  bytes: DatasetBytes,
): Promise<Dataset> {
  if (dataset.elements.has(pixelData) || pixel_offset === null || pixel_offset < longHeaderBytes) return dataset;
  const header = await bytes.readRange(pixel_offset - longHeaderBytes, longHeaderBytes);
  for (const [tag, vr] of floatPixelVRs) {
    // With a VR the header has 12 bytes, without one 8.
    if (tagAt(header, 0, bigEndian) !== tag && tagAt(header, 4, bigEndian) !== tag) continue;
    const element = { tag, vr, bytes: undefined, items: undefined, length: pixel_length ?? -1 };
    return { ...dataset, elements: new Map(dataset.elements).set(tag, element) };
  }
  return dataset;
}

/** Bytes that are in memory, for whoever reads pieces. */
export async function* only(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}

/** Where the elements behind Pixel Data begin, in bytes of the data set; undefined without pixels. @throws CannotDecode */
export async function endOfPixels(
  { length, pixel_offset, pixel_length, frames }: StoredDataset,
  bytes: DatasetBytes,
): Promise<number | undefined> {
  if (pixel_offset === null || pixel_length === null) return undefined;
  if (pixel_length >= 0) return pixel_offset + pixel_length;
  if (frames) {
    const { firstFragment, fragmentLengths } = decodeFrameTable(frames);
    return endOfFragments(firstFragment, fragmentLengths);
  }
  // Fragments that were too many to be noted: from one item header to the next.
  const { firstFragment, fragmentLengths } = await walkFragments(pixel_offset, length, (at, count) =>
    bytes.readRange(at, count),
  );
  return endOfFragments(firstFragment, fragmentLengths);
}

/** Each fragment but the first has its item header before it; the sequence delimiter ends the value. */
export function endOfFragments(firstFragment: number, lengths: readonly number[]): number {
  return firstFragment + lengths.reduce((sum, each) => sum + each, 0) + itemHeaderBytes * Math.max(1, lengths.length);
}
