/**
 * Fragments of encapsulated Pixel Data (PS3.5 Annex A.4) found in the stored data set, where the frame table that was
 * made on the way in does not say enough: a walk from item header to item header, and a look at how fragments begin.
 */
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { beginsFrame, countsBetween, startBytes } from '#dicom/pixels/fragment-starts.ts';
import { type FrameTable, fragmentRanges, itemHeaderBytes } from '#dicom/pixels/frame-table.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';

type ReadRange = (offset: number, length: number) => Promise<Buffer>;

const itemTag = 0xe000fffe;
/** One read of the walk: many small fragments, or one header. */
const windowBytes = 64 * 1024;
/** Looks at fragments at once. */
const looksAtOnce = 16;
const fragmentLimit = 1_000_000;

/**
 * Every fragment's length, by its item header.
 * @param offset  where Pixel Data's value begins: with the Basic Offset Table's item
 * @throws CannotDecode when there are more than a million
 */
export async function walkFragments(offset: number, datasetLength: number, read: ReadRange): Promise<FrameTable> {
  let window: Buffer = Buffer.alloc(0);
  let windowAt = offset;
  let at = offset;
  let firstFragment = 0;
  const fragmentLengths: number[] = [];
  for (let items = 0; at + itemHeaderBytes <= datasetLength; items++) {
    if (at < windowAt || at + itemHeaderBytes > windowAt + window.length) {
      windowAt = at;
      window = await read(at, Math.min(windowBytes, datasetLength - at));
    }
    const tag = window.readUInt32LE(at - windowAt);
    const length = window.readUInt32LE(at - windowAt + 4);
    if (tag !== itemTag) break;
    at += itemHeaderBytes + length;
    if (items === 0) firstFragment = at + itemHeaderBytes;
    else fragmentLengths.push(length);
    if (fragmentLengths.length > fragmentLimit) throw new CannotDecode(`more than ${fragmentLimit} fragments`);
  }
  return { firstFragment, fragmentLengths, fragmentsPerFrame: 'unknown' };
}

/**
 * Fragments per frame, by how they begin. Where they show no mark: all to one frame, or one each.
 * @throws CannotDecode when frames cannot be told apart
 */
export async function tellFramesApart(
  table: FrameTable,
  numberOfFrames: number | undefined,
  syntax: TransferSyntax,
  read: ReadRange,
): Promise<FrameTable> {
  const ranges = fragmentRanges(table);
  if (ranges.length <= 1) return { ...table, fragmentsPerFrame: 'one-each' };
  const begins: boolean[] = [];
  for (let at = 0; at < ranges.length; at += looksAtOnce) {
    const looks = ranges.slice(at, at + looksAtOnce).map(async ({ offset, length }) => {
      return beginsFrame(syntax, await read(offset, Math.min(startBytes, length))) ?? false;
    });
    begins.push(...(await Promise.all(looks)));
  }
  const counts = countsBetween(begins);
  if (counts) return { ...table, fragmentsPerFrame: counts };
  if ((numberOfFrames ?? 1) === 1) return { ...table, fragmentsPerFrame: [ranges.length] };
  if (numberOfFrames === ranges.length) return { ...table, fragmentsPerFrame: 'one-each' };
  throw new CannotDecode(`${ranges.length} fragments of ${numberOfFrames} frames cannot be told apart`);
}

/** How many frames a table has fragments for. */
export function framesIn({ fragmentLengths, fragmentsPerFrame }: FrameTable): number {
  return typeof fragmentsPerFrame === 'string' ? fragmentLengths.length : fragmentsPerFrame.length;
}
