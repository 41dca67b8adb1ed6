/** A Secondary Capture of one frame as a file (PS3.10), for toolkits that decode or compress it. */
import { uid } from '#dicom/data/uid.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { explicit, secondaryCapture, us } from './dataset-bytes.ts';

interface OneFrameOptions {
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
  readonly attributes?: readonly Buffer[];
}

/**
 * @param frame       as the transfer syntax has it: one stream, or samples
 * @param attributes  what stands behind (0028,0103), before Pixel Data
 * @returns           a file that ends with Pixel Data
 */
export function oneFrameFile(
  { rows, columns, samplesPerPixel, photometricInterpretation, ...image }: ImagePixel,
  transferSyntaxUID: string,
  frame: Buffer,
  { study = '1.2.3', series = '1.2.3.5', instance = '1.2.3.4', attributes = [] }: OneFrameOptions = {},
): Buffer {
  const { bitsAllocated, bitsStored, highBit, isSigned } = image;
  return Buffer.concat([
    fileHead({
      MediaStorageSOPClassUID: secondaryCapture,
      MediaStorageSOPInstanceUID: instance,
      TransferSyntaxUID: transferSyntaxUID,
    }),
    explicit(0x00080016, 'UI', secondaryCapture),
    explicit(0x00080018, 'UI', instance),
    explicit(0x0020000d, 'UI', study),
    explicit(0x0020000e, 'UI', series),
    explicit(0x00280002, 'US', us(samplesPerPixel)),
    explicit(0x00280004, 'CS', photometricInterpretation),
    ...(samplesPerPixel === 3 ? [explicit(0x00280006, 'US', us(0))] : []),
    explicit(0x00280010, 'US', us(rows)),
    explicit(0x00280011, 'US', us(columns)),
    explicit(0x00280100, 'US', us(bitsAllocated)),
    explicit(0x00280101, 'US', us(bitsStored)),
    explicit(0x00280102, 'US', us(highBit)),
    explicit(0x00280103, 'US', us(isSigned ? 1 : 0)),
    ...attributes,
    ...(transferSyntaxes.get(uid(transferSyntaxUID))?.encapsulated
      ? [encapsulated([frame])]
      : [explicit(0x7fe00010, bitsAllocated === 8 ? 'OB' : 'OW', frame)]),
  ]);
}

/** Pixel Data with an empty offset table, and each frame in one fragment (PS3.5 A.4). */
export function encapsulated(frames: readonly Buffer[]): Buffer {
  const begin = explicit(0x7fe00010, 'OB', Buffer.alloc(0), 0xffffffff);
  return Buffer.concat([begin, item(Buffer.alloc(0)), ...frames.map(item), sequenceEnd]);
}

const sequenceEnd = Buffer.from('feffdde000000000', 'hex');

/** An item of encapsulated Pixel Data, of an even length (PS3.5 A.4). */
function item(bytes: Buffer): Buffer {
  const head = Buffer.from('feff00e000000000', 'hex');
  head.writeUInt32LE(bytes.length + (bytes.length % 2), 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}
