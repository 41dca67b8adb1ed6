/**
 * Fragments of encapsulated Pixel Data (PS3.5 Annex A.4) found in the stored data set, where the frame table that was
 * made on the way in does not say enough: a walk from item header to item header, and a look at how fragments begin.
 */
import { CannotDecode } from './decoded-frame.ts';
import { beginsFrame, countsBetween, startBytes } from './fragment-starts.ts';
import { type FrameTable, fragmentRanges, itemHeaderBytes } from './frame-table.ts';
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

type ReadRange = (offset: number, length: number) => Promise<Buffer>;

/** What of a stored instance helps to tell its frames apart. */
interface FragmentedPixels {
  readonly numberOfFrames: number | undefined;
  readonly syntax: TransferSyntax;
  readonly datasetLength: number;
}

const itemTag = 0xe000fffe;
/** One read: many small fragments, or one header. */
const windowBytes = 64 * 1024;
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
  { numberOfFrames, syntax, datasetLength }: FragmentedPixels,
  read: ReadRange,
): Promise<FrameTable> {
  const ranges = fragmentRanges(table);
  if (ranges.length <= 1) return { ...table, fragmentsPerFrame: 'one-each' };
  const begins: boolean[] = [];
  let from = 0;
  let window: Buffer = Buffer.alloc(0);
  for (const { offset, length } of ranges) {
    const look = Math.min(startBytes, length);
    // Many small fragments are looked at by one read, a large one by a read of its beginning.
    if (offset + look > from + window.length) {
      from = offset;
      window = await read(offset, length < windowBytes ? Math.min(windowBytes, datasetLength - offset) : look);
    }
    begins.push(beginsFrame(syntax, window.subarray(offset - from, offset - from + look)) ?? false);
  }
  // Leniency: empty fragments say nothing; those before the first frame go with it.
  const empty = Math.max(
    0,
    ranges.findIndex(({ length }) => length > 0),
  );
  const [first, ...others] = countsBetween(begins.slice(empty)) ?? [];
  if (first !== undefined) return { ...table, fragmentsPerFrame: [empty + first, ...others] };
  if ((numberOfFrames ?? 1) === 1) return { ...table, fragmentsPerFrame: [ranges.length] };
  if (numberOfFrames === ranges.length) return { ...table, fragmentsPerFrame: 'one-each' };
  throw new CannotDecode(`${ranges.length} fragments of ${numberOfFrames} frames cannot be told apart`);
}

/** How many frames a table has fragments for. */
export function framesIn({ fragmentLengths, fragmentsPerFrame }: FrameTable): number {
  return typeof fragmentsPerFrame === 'string' ? fragmentLengths.length : fragmentsPerFrame.length;
}
