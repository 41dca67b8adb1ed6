/**
 * Where the frames of encapsulated Pixel Data lie (PS3.5 Annex A.4), in a few bytes: the fragments' lengths as varints
 * and, where a frame is not one fragment, how many fragments each frame has. Offsets follow by addition, since
 * fragments lie one behind the other, each after an item header of 8 bytes.
 */
export interface FrameTable {
  /** Where the first fragment's value begins, in bytes of the data set. */
  readonly firstFragment: number;
  readonly fragmentLengths: readonly number[];
  /** Fragments per frame; 'unknown' where only the fragments' content can tell (`fragment-starts.ts`). */
  readonly fragmentsPerFrame: readonly number[] | 'one-each' | 'unknown';
}

/** A run of bytes of the data set. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Tag and length of an item (PS3.5 Table 7.5-1); a delimiter has as many. */
export const itemHeaderBytes = 8;

/** Each frame has a fragment at least, so a lone count of none can say that nothing is known. */
const unknownCounts: readonly number[] = [0];

/** The form in which a row of the index holds it: a byte or two for each fragment. */
export function encodeFrameTable({ firstFragment, fragmentLengths, fragmentsPerFrame }: FrameTable): Buffer {
  const out: number[] = [];
  const put = (value: number): void => {
    let rest = value;
    while (rest >= 0x80) {
      out.push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.push(rest);
  };
  put(firstFragment);
  put(fragmentLengths.length);
  for (const length of fragmentLengths) put(length);
  const counts =
    fragmentsPerFrame === 'one-each' ? [] : fragmentsPerFrame === 'unknown' ? unknownCounts : fragmentsPerFrame;
  for (const count of counts) put(count);
  return Buffer.from(out);
}

/** @throws RangeError when the bytes are no whole table */
export function decodeFrameTable(bytes: Buffer): FrameTable {
  let at = 0;
  const take = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('frame table ends early');
      value += (byte % 0x80) * scale;
      if (byte < 0x80) return value;
    }
  };
  const firstFragment = take();
  const fragmentLengths = Array.from({ length: take() }, take);
  const counts: number[] = [];
  while (at < bytes.length) counts.push(take());
  return {
    firstFragment,
    fragmentLengths,
    fragmentsPerFrame: counts.length === 0 ? 'one-each' : counts[0] === 0 ? 'unknown' : counts,
  };
}

/** The byte ranges of one frame's fragments, in order. @param frame counted from 0 @returns empty when there is no such frame */
export function frameRanges(
  { firstFragment, fragmentLengths, fragmentsPerFrame }: FrameTable,
  frame: number,
): ByteRange[] {
  if (fragmentsPerFrame === 'unknown') return [];
  let first = frame;
  let count = 1;
  if (fragmentsPerFrame !== 'one-each') {
    first = 0;
    for (let earlier = 0; earlier < frame; earlier++) first += fragmentsPerFrame[earlier] ?? 0;
    count = fragmentsPerFrame[frame] ?? 0;
  }
  let offset = firstFragment;
  for (let index = 0; index < first; index++) offset += (fragmentLengths[index] ?? 0) + itemHeaderBytes;
  const ranges: ByteRange[] = [];
  for (const length of fragmentLengths.slice(first, first + count)) {
    ranges.push({ offset, length });
    offset += length + itemHeaderBytes;
  }
  return ranges;
}

/** The byte ranges of all fragments, in order. */
export function fragmentRanges({ firstFragment, fragmentLengths }: FrameTable): ByteRange[] {
  let offset = firstFragment;
  return fragmentLengths.map((length) => {
    const range = { offset, length };
    offset += length + itemHeaderBytes;
    return range;
  });
}

/**
 * Joins fragments to frames: one each where the numbers agree, all to a single frame, else by an offset table, whose
 * offsets count from the first fragment's item header (A.4: "from the first byte of the Item Tag").
 * @param numberOfFrames  as the data set says; undefined where it says nothing
 * @param offsets         of the Basic or the Extended Offset Table; empty where there is none
 */
export function assignFragments(
  fragmentLengths: readonly number[],
  numberOfFrames: number | undefined,
  offsets: readonly number[],
): FrameTable['fragmentsPerFrame'] {
  // Leniency: without Number of Frames, the offset table says how many there are.
  const frames = numberOfFrames ?? (offsets.length || 1);
  if (fragmentLengths.length === frames)
    // A table of other frames that hits fragments only is hardly wrong: how they begin decides between the two.
    return offsets.length > 1 && offsets.length !== frames && areStarts(offsets, fragmentLengths)
      ? 'unknown'
      : 'one-each';
  // Several fragments and nothing that says otherwise: one frame, or as many as their content shows.
  if (frames <= 1) return numberOfFrames === undefined ? 'unknown' : [fragmentLengths.length];
  if (offsets.length !== frames) return 'unknown';
  const counts: number[] = [];
  let position = 0;
  let fragment = 0;
  for (let frame = 0; frame < frames; frame++) {
    const end = offsets[frame + 1] ?? Infinity;
    const before = fragment;
    while (fragment < fragmentLengths.length && position < end) {
      position += (fragmentLengths[fragment] as number) + itemHeaderBytes;
      fragment++;
    }
    if (fragment === before || (end !== Infinity && position !== end)) return 'unknown';
    counts.push(fragment - before);
  }
  return counts;
}

/** Whether every offset, in ascending order from 0, is that of a fragment. One alone says nothing: many write it whatever follows. */
function areStarts(offsets: readonly number[], fragmentLengths: readonly number[]): boolean {
  let position = 0;
  let met = 0;
  for (const length of fragmentLengths) {
    if (offsets[met] === position) met++;
    position += length + itemHeaderBytes;
  }
  return offsets[0] === 0 && met === offsets.length;
}
