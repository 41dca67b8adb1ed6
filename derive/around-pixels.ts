/**
 * What stands around the pixels of an instance that are written anew, in Explicit VR Little Endian: all of it as it was,
 * but what is said of the pixels themselves, and an icon that was compressed like them.
 */
import { tagOf } from '#dicom/data/dictionary.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { tagAt } from '#dicom/file/element-header.ts';
import type { Encoding } from '#dicom/file/element-header.ts';
import { Splicer } from '#dicom/file/splice.ts';
import type { Replacements } from '#dicom/file/splice.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { limits } from '#settings/limits.ts';
import { nativeIcon, substituted } from './native-icon.ts';
import { described, describedPixels } from './pixel-description.ts';
import type { PixelPool } from './pixel-pool.ts';
import { inflated, partOf, reEncoded } from './re-encoded.ts';
import { endOfPixels } from './stored-dataset.ts';
import { datasetOf, type StoredInstance } from './stored-instance.ts';

/** Of an element header with a VR of bytes (PS3.5 Table 7.1-1). */
const longHeaderBytes = 12;
/** Of one without a VR (Table 7.1-3). */
const shortHeaderBytes = 8;
const explicitLittleEndian: Encoding = { explicitVR: true, bigEndian: false };

export interface AroundPixels {
  /** Everything before Pixel Data. @param frame, count  what the pixels are now, and how many frames of them */
  before(frame: ImagePixel, count: number): AsyncIterable<Uint8Array>;
  /** Every element behind it. */
  after(): AsyncIterable<Uint8Array>;
}

/** @param pixelOffset  where Pixel Data's value begins, as the index has it @throws CannotDecode, PixelPoolSaturated, and what reading throws */
export async function aroundPixels(
  instance: StoredInstance,
  pixelOffset: number,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<AroundPixels> {
  const { row, syntax, bytes } = instance;
  const end = await endOfPixels(row, bytes);
  const from = syntax.deflated
    ? explicitLittleEndian
    : encodingOf(await bytes.readRange(pixelOffset - longHeaderBytes, longHeaderBytes));
  const part = (offset: number, length: number): AsyncIterable<Uint8Array> => {
    if (syntax.deflated) return partOf(inflated(datasetOf(instance)), offset, length);
    const stored = bytes.readStream(offset, length);
    return from.explicitVR && !from.bigEndian ? stored : reEncoded(stored, from, explicitLittleEndian);
  };
  const head = (): AsyncIterable<Uint8Array> =>
    part(0, pixelOffset - (from.explicitVR ? longHeaderBytes : shortHeaderBytes));
  const icon = await nativeIcon(head, instance, pixels, signal);
  return {
    async *before(frame, count) {
      const splicer = new Splicer(changesFor(frame, count, instance, icon !== undefined), limits.dataset);
      for await (const piece of substituted(head(), icon)) yield* splicer.write(piece);
      yield splicer.end();
    },
    async *after() {
      if (syntax.deflated && end !== undefined) yield* part(end, Infinity);
      // Fewer bytes are no element, but what made a data set even whose value of Pixel Data is odd.
      else if (end !== undefined && row.length - end >= shortHeaderBytes) yield* part(end, row.length - end);
    },
  };
}

/**
 * By the header of Pixel Data itself. Leniency: Implicit VR under the name of a compressed syntax, whose headers have no
 * VR and 8 bytes.
 */
function encodingOf(header: Buffer): Encoding {
  const isAt = (at: number, bigEndian: boolean): boolean => tagAt(header, at, bigEndian) === pixelData;
  const bigEndian = isAt(0, true) || isAt(longHeaderBytes - shortHeaderBytes, true);
  return { bigEndian, explicitVR: isAt(0, bigEndian) };
}

/** Retired (PS3.5 7.2), and wrong once the elements of their groups change: of the image's description, and of its pixels. */
const staleGroupLengths = [0x00280000, 0x7fe00000];
const groupLengthOfIcon = 0x00880000;
/** Where fragments lay, and how many bytes they were. */
const ofFragments = ['ExtendedOffsetTable', 'ExtendedOffsetTableLengths', 'EncapsulatedPixelDataValueTotalLength'].map(
  tagOf,
);

/**
 * What the data set says of its pixels once they are written anew (PS3.3 C.7.6.3), and no word of where fragments lay.
 * The SOP Instance UID stays: only lossy compression makes another instance (C.7.6.1.1.5).
 */
function changesFor(
  frame: ImagePixel,
  count: number,
  { row, syntax }: StoredInstance,
  hasOtherIcon: boolean,
): Replacements {
  return new Map([
    ...describedPixels(frame),
    // Fragments may be more or fewer frames than were counted; a value that is right stays as it was written.
    ...((row.number_of_frames ?? 1) === count ? [] : [described('NumberOfFrames', 'IS', String(count))]),
    // Once lossy, always lossy (C.7.6.1.1.5).
    ...(syntax.lossy ? [described('LossyImageCompression', 'CS', '01')] : []),
    ...[...ofFragments, ...staleGroupLengths, ...(hasOtherIcon ? [groupLengthOfIcon] : [])].map(
      (tag) => [tag, undefined] as const,
    ),
  ]);
}
