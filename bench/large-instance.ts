/**
 * A multi-frame instance as large as is wanted, made while it is sent: a gigabyte of it is never in memory, nor on a disk of ours.
 * Its frames are a few CT slices over and over (PS3.3 A.8.4, Multi-frame Grayscale Word Secondary Capture Image IOD).
 */
import { type Uid, uid } from '#dicom/data/uid.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { ctSeries } from '#samples/ct.ts';
import { uidOf } from '#samples/seed.ts';
import { study } from '#samples/study.ts';
import { dicomFile } from '#samples/write.ts';

export interface LargeInstance {
  readonly sopClassUID: Uid;
  readonly sopInstanceUID: Uid;
  readonly transferSyntaxUID: Uid;
  /** Preamble and file meta information, for the door that takes files. */
  readonly fileHead: Buffer;
  /** Of the data set. */
  readonly bytes: number;
  /** Its pieces, a frame each; none is changed after it was given. */
  dataset(): Iterable<Uint8Array>;
}

const frameBytes = 512 * 512 * 2;
const differentFrames = 8;
const gigabyte = 1e9;
/** A gigabyte of Pixel Data and no frame less. */
const frames = Math.ceil(gigabyte / frameBytes);
const frameTimeMs = 33.3;
const frameTimeTag = 0x00181063;

/** @param count  of frames of 512 × 512 × 16 bits: those of a gigabyte unless it is said */
export function largeInstance(seed: string, count = frames): LargeInstance {
  const sopClassUID = uid('1.2.840.10008.5.1.4.1.1.7.3');
  const sopInstanceUID = uid(uidOf(`${seed} large instance`));
  const transferSyntaxUID = uid('1.2.840.10008.1.2.1');
  const meta = fileHead({
    MediaStorageSOPClassUID: sopClassUID,
    MediaStorageSOPInstanceUID: sopInstanceUID,
    TransferSyntaxUID: transferSyntaxUID,
  });
  // Pixel Data comes last: its length, which is not yet that of its frames, are the last four bytes.
  const head = dicomFile({
    ...study(seed, 0, 'CT ngực nhiều khung hình'),
    SOPClassUID: sopClassUID,
    SOPInstanceUID: sopInstanceUID,
    SeriesInstanceUID: uidOf(`${seed} large series`),
    Modality: 'OT',
    SeriesNumber: 1,
    InstanceNumber: 1,
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY'],
    BurnedInAnnotation: 'NO',
    NumberOfFrames: count,
    FrameIncrementPointer: frameTimeTag,
    FrameTime: frameTimeMs,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 512,
    Columns: 512,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    RescaleIntercept: -1024,
    RescaleSlope: 1,
    RescaleType: 'HU',
    PixelData: new Uint8Array(0),
  }).subarray(meta.length);
  head.writeUInt32LE(count * frameBytes, head.length - 4);
  const pixels = [...ctSeries({ seed, number: 0, slices: differentFrames })].map(
    ({ attributes }) => attributes['PixelData'] as Uint8Array,
  );
  return {
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID,
    fileHead: meta,
    bytes: head.length + count * frameBytes,
    *dataset() {
      yield head;
      for (let frame = 0; frame < count; frame++) yield pixels[frame % differentFrames]!;
    },
  };
}
