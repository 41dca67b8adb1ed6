/** What a data set says of its pixels once they are written anew (Image Pixel module, PS3.3 C.7.6.3). */
import { tagOf } from '#dicom/data/dictionary.ts';
import type { Replacements } from '#dicom/file/splice.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';

type Described = readonly [tag: number, element: { readonly vr: string; readonly bytes: Buffer } | undefined];

export function described(keyword: string, vr: 'CS' | 'IS' | 'US', value: string | number): Described {
  return [tagOf(keyword), { vr, bytes: bytesOf(value) }];
}

/** The elements of the module by tag; undefined where there is none any more. */
export function describedPixels(frame: ImagePixel): Replacements {
  return new Map([
    described('SamplesPerPixel', 'US', frame.samplesPerPixel),
    described('PhotometricInterpretation', 'CS', frame.photometricInterpretation),
    frame.samplesPerPixel > 1
      ? described('PlanarConfiguration', 'US', frame.planarConfiguration)
      : [tagOf('PlanarConfiguration'), undefined],
    described('Rows', 'US', frame.rows),
    described('Columns', 'US', frame.columns),
    described('BitsAllocated', 'US', frame.bitsAllocated),
    described('BitsStored', 'US', frame.bitsStored),
    described('HighBit', 'US', frame.highBit),
    described('PixelRepresentation', 'US', frame.isSigned ? 1 : 0),
  ]);
}

function bytesOf(value: string | number): Buffer {
  if (typeof value === 'string') return Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1');
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
