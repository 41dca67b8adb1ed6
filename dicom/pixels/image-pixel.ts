/**
 * How the samples of a frame are laid out: the Image Pixel module (PS3.3 C.7.6.3) with what devices leave out put in.
 */
import { type Dataset, numberValues, textValue } from '../data/dataset.ts';
import { tagOf } from '../data/dictionary.ts';
import { storedBitsOf } from './stored-bits.ts';

export interface ImagePixel {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** Two's complement (Pixel Representation 1). */
  readonly isSigned: boolean;
  /** '' where there is none. */
  readonly photometricInterpretation: string;
  /** 1: colour by plane (PS3.3 C.7.6.3.1.3). */
  readonly planarConfiguration: 0 | 1;
  /** Which element holds the samples: Pixel Data, Float Pixel Data, or Double Float Pixel Data. */
  readonly sample: 'integer' | 'float' | 'double';
  /** Frames are tiles of one large picture (PS3.3 C.8.12.4.1.1), which need not end where its last tiles do. */
  readonly isTiled?: boolean;
}

/** The Image Pixel module does not describe a frame. */
export class BadPixelData extends Error {
  override name = 'BadPixelData';
}

const tags = {
  Rows: tagOf('Rows'),
  Columns: tagOf('Columns'),
  SamplesPerPixel: tagOf('SamplesPerPixel'),
  PhotometricInterpretation: tagOf('PhotometricInterpretation'),
  PlanarConfiguration: tagOf('PlanarConfiguration'),
  BitsAllocated: tagOf('BitsAllocated'),
  BitsStored: tagOf('BitsStored'),
  HighBit: tagOf('HighBit'),
  PixelRepresentation: tagOf('PixelRepresentation'),
  FloatPixelData: tagOf('FloatPixelData'),
  DoubleFloatPixelData: tagOf('DoubleFloatPixelData'),
  TotalPixelMatrixColumns: tagOf('TotalPixelMatrixColumns'),
};

/** The most samples a pixel has: three, and four of the retired ARGB and CMYK; more for multi-component JPEG 2000. */
const samplesLimit = 256;

/**
 * @param dataset  everything before Pixel Data's value at least
 * @throws BadPixelData when there are no rows or columns, or samples of an impossible size
 */
export function imagePixelOf(dataset: Dataset): ImagePixel {
  const number = (at: number): number | undefined => numberValues(dataset, at)[0];
  const sample = dataset.elements.has(tags.FloatPixelData)
    ? 'float'
    : dataset.elements.has(tags.DoubleFloatPixelData)
      ? 'double'
      : 'integer';
  const photometricInterpretation = textValue(dataset, tags.PhotometricInterpretation).trim();
  const rows = number(tags.Rows) ?? 0;
  const columns = number(tags.Columns) ?? 0;
  const samplesPerPixel = number(tags.SamplesPerPixel) ?? impliedSamples(photometricInterpretation);
  const bitsAllocated = { integer: number(tags.BitsAllocated) ?? 0, float: 32, double: 64 }[sample];
  if (rows < 1 || columns < 1) throw new BadPixelData(`an image of ${rows} rows and ${columns} columns`);
  if (bitsAllocated < 1 || bitsAllocated > 64) throw new BadPixelData(`${bitsAllocated} bits allocated to a sample`);
  if (samplesPerPixel < 1 || samplesPerPixel > samplesLimit)
    throw new BadPixelData(`${samplesPerPixel} samples in a pixel`);
  return {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    ...storedBitsOf({ bitsAllocated, bitsStored: number(tags.BitsStored), highBit: number(tags.HighBit) }),
    isSigned: number(tags.PixelRepresentation) === 1,
    photometricInterpretation,
    planarConfiguration: samplesPerPixel > 1 && number(tags.PlanarConfiguration) === 1 ? 1 : 0,
    sample,
    ...((number(tags.TotalPixelMatrixColumns) ?? 0) > 0 && { isTiled: true }),
  };
}

/** Leniency: Samples per Pixel left out is what the Photometric Interpretation needs (C.7.6.3.1.2). */
function impliedSamples(photometricInterpretation: string): number {
  return /^(RGB|YBR|HSV)/.test(photometricInterpretation) ? 3 : 1;
}
