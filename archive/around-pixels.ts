/**
 * What stands around the pixels of an instance that are written anew, in Explicit VR Little Endian: all of it as it was,
 * but what is said of the pixels themselves.
 */
import { inflated, partOf, reEncoded } from '#archive/re-encoded.ts';
import { bytesOf, datasetStream } from '#archive/retrieve.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import { endOfPixels } from '#derive/stored-dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { pixelData } from '#dicom/file/dataset-scanner.ts';
import { tagAt } from '#dicom/file/element-header.ts';
import type { Encoding } from '#dicom/file/element-header.ts';
import { Splicer } from '#dicom/file/splice.ts';
import type { Replacements } from '#dicom/file/splice.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';

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

/** @param pixelOffset  where Pixel Data's value begins, as the index has it @throws CannotDecode, StorageFailed */
export async function aroundPixels(
  instance: RetrievedInstance,
  pixelOffset: number,
  storage: Storage,
): Promise<AroundPixels> {
  const { row, syntax } = instance;
  const bytes = bytesOf(instance, storage);
  const end = await endOfPixels(row, bytes);
  const from = syntax.deflated
    ? explicitLittleEndian
    : encodingOf(await bytes.readRange(pixelOffset - longHeaderBytes, longHeaderBytes));
  const part = (offset: number, length: number): AsyncIterable<Uint8Array> => {
    if (syntax.deflated) return partOf(inflated(datasetStream(instance, storage)), offset, length);
    const stored = bytes.readStream(offset, length);
    return from.explicitVR && !from.bigEndian ? stored : reEncoded(stored, from, explicitLittleEndian);
  };
  return {
    async *before(frame, count) {
      const splicer = new Splicer(changesFor(frame, count, instance), limits.dataset);
      const headerBytes = from.explicitVR ? longHeaderBytes : shortHeaderBytes;
      for await (const piece of part(0, pixelOffset - headerBytes)) yield* splicer.write(piece);
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

type Change = [keyword: string, element: { vr: string; bytes: Buffer } | undefined];
const change = (...of: Change): Change => of;

/**
 * What the data set says of its pixels once they are written anew (PS3.3 C.7.6.3), and no word of where fragments lay.
 * The SOP Instance UID stays: only lossy compression makes another instance (C.7.6.1.1.5).
 */
function changesFor(frame: ImagePixel, count: number, { row, syntax }: RetrievedInstance): Replacements {
  const us = (value: number): { vr: string; bytes: Buffer } => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return { vr: 'US', bytes };
  };
  const cs = (value: string): { vr: string; bytes: Buffer } => ({
    vr: 'CS',
    bytes: Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1'),
  });
  const changes: Change[] = [
    // Fragments may be more or fewer frames than were counted; a value that is right stays as it was written.
    ...((row.number_of_frames ?? 1) === count ? [] : [change('NumberOfFrames', { ...cs(String(count)), vr: 'IS' })]),
    ['SamplesPerPixel', us(frame.samplesPerPixel)],
    ['PhotometricInterpretation', cs(frame.photometricInterpretation)],
    ['PlanarConfiguration', frame.samplesPerPixel > 1 ? us(frame.planarConfiguration) : undefined],
    ['Rows', us(frame.rows)],
    ['Columns', us(frame.columns)],
    ['BitsAllocated', us(frame.bitsAllocated)],
    ['BitsStored', us(frame.bitsStored)],
    ['HighBit', us(frame.highBit)],
    ['PixelRepresentation', us(frame.isSigned ? 1 : 0)],
    // Once lossy, always lossy (C.7.6.1.1.5).
    ...(syntax.lossy ? [change('LossyImageCompression', cs('01'))] : []),
    ['ExtendedOffsetTable', undefined],
    ['ExtendedOffsetTableLengths', undefined],
    ['EncapsulatedPixelDataValueTotalLength', undefined],
  ];
  return new Map([
    ...changes.map(([keyword, element]) => [tagOf(keyword) as number, element] as const),
    ...staleGroupLengths.map((tag) => [tag, undefined] as const),
  ]);
}
