/**
 * Where the frames of encapsulated Pixel Data lie (PS3.5 Annex A.4), in a few bytes: the fragments' lengths as varints
 * and, where a frame is not one fragment, how many fragments each frame has. Offsets follow by addition, since
 * fragments lie one behind the other, each after an item header of 8 bytes.
 */
export interface FrameTable {
  /** Where the first fragment's value begins, in bytes of the data set. */
  readonly firstFragment: number;
  readonly fragmentLengths: readonly number[];
  /** Fragments per frame, or undefined when each fragment is a frame. */
  readonly fragmentsPerFrame: readonly number[] | undefined;
}

/** A run of bytes of the data set. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Tag and length of an item (PS3.5 Table 7.5-1); a delimiter has as many. */
export const itemHeaderBytes = 8;

export function encodeFrameTable(table: FrameTable): Buffer {
  const out: number[] = [];
  const put = (value: number): void => {
    let rest = value;
    while (rest >= 0x80) {
      out.push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    out.push(rest);
  };
  put(table.firstFragment);
  put(table.fragmentLengths.length);
  for (const length of table.fragmentLengths) put(length);
  for (const count of table.fragmentsPerFrame ?? []) put(count);
  return Buffer.from(out);
}

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
  const fragmentsPerFrame: number[] = [];
  while (at < bytes.length) fragmentsPerFrame.push(take());
  return {
    firstFragment,
    fragmentLengths,
    fragmentsPerFrame: fragmentsPerFrame.length ? fragmentsPerFrame : undefined,
  };
}

/** The byte ranges of one frame's fragments, in order. @param frame counted from 0 @returns empty when there is no such frame */
export function frameRanges(table: FrameTable, frame: number): ByteRange[] {
  let first = frame;
  let count = 1;
  if (table.fragmentsPerFrame) {
    first = 0;
    for (let earlier = 0; earlier < frame; earlier++) first += table.fragmentsPerFrame[earlier] ?? 0;
    count = table.fragmentsPerFrame[frame] ?? 0;
  }
  let offset = table.firstFragment;
  for (let index = 0; index < first; index++) offset += (table.fragmentLengths[index] ?? 0) + itemHeaderBytes;
  const ranges: ByteRange[] = [];
  for (const length of table.fragmentLengths.slice(first, first + count)) {
    ranges.push({ offset, length });
    offset += length + itemHeaderBytes;
  }
  return ranges;
}

/**
 * Joins fragments to frames: one each where the numbers agree, all to a single frame, else by an offset table, whose
 * offsets count from the first fragment's item header (A.4: "from the first byte of the Item Tag").
 * @returns undefined when nothing says where the frames begin
 */
export function assignFragments(
  fragmentLengths: readonly number[],
  numberOfFrames: number,
  offsets: readonly number[],
): readonly number[] | 'one-each' | undefined {
  if (fragmentLengths.length === numberOfFrames) return 'one-each';
  if (numberOfFrames <= 1) return [fragmentLengths.length];
  if (offsets.length !== numberOfFrames) return undefined;
  const counts: number[] = [];
  let position = 0;
  let fragment = 0;
  for (let frame = 0; frame < numberOfFrames; frame++) {
    const end = offsets[frame + 1] ?? Infinity;
    const before = fragment;
    while (fragment < fragmentLengths.length && position < end) {
      position += (fragmentLengths[fragment] as number) + itemHeaderBytes;
      fragment++;
    }
    if (fragment === before || (end !== Infinity && position !== end)) return undefined;
    counts.push(fragment - before);
  }
  return counts;
}
