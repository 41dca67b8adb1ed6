/**
 * What must be known of a frame to show it: the Image Pixel module (PS3.3 C.7.6.3) and, for greyscale, the modality and
 * VOI transformations (C.11.1, C.11.2) as far as they are linear.
 */
import { tagOf } from '#dicom/data/dictionary.ts';
import { type Dataset, numberValues, textValue } from '#dicom/data/dataset.ts';

export interface FrameDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometricInterpretation: string;
  /** Colour by plane (PS3.3 C.7.6.3.1.3). */
  readonly planar: boolean;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** Two's complement (Pixel Representation 1). */
  readonly signed: boolean;
  /** Samples of more than a byte (PS3.5 Section 7.3). */
  readonly bigEndian: boolean;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  /** The first window, in modality units. */
  readonly window: Window | undefined;
  /** Stored values that are no part of the image: from … to, both included (PS3.3 C.7.5.1.1.2). */
  readonly padding: { readonly from: number; readonly to: number } | undefined;
  readonly palette: Palette | undefined;
}

export interface Window {
  readonly center: number;
  readonly width: number;
  /** VOI LUT Function (PS3.3 C.11.2.1.3). */
  readonly shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

/** Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5), entries reduced to 8 bits. */
export interface Palette {
  /** The stored value of the first entry; lower ones are shown as it, higher ones than the last as the last. */
  readonly first: number;
  readonly red: Uint8Array;
  readonly green: Uint8Array;
  readonly blue: Uint8Array;
}

const tag = (keyword: string): number => {
  const found = tagOf(keyword);
  if (found === undefined) throw new TypeError(`${keyword} is not in the dictionary`);
  return found;
};
const tags = {
  Rows: tag('Rows'),
  Columns: tag('Columns'),
  SamplesPerPixel: tag('SamplesPerPixel'),
  PhotometricInterpretation: tag('PhotometricInterpretation'),
  PlanarConfiguration: tag('PlanarConfiguration'),
  BitsAllocated: tag('BitsAllocated'),
  BitsStored: tag('BitsStored'),
  HighBit: tag('HighBit'),
  PixelRepresentation: tag('PixelRepresentation'),
  RescaleSlope: tag('RescaleSlope'),
  RescaleIntercept: tag('RescaleIntercept'),
  WindowCenter: tag('WindowCenter'),
  WindowWidth: tag('WindowWidth'),
  VOILUTFunction: tag('VOILUTFunction'),
  PixelPaddingValue: tag('PixelPaddingValue'),
  PixelPaddingRangeLimit: tag('PixelPaddingRangeLimit'),
};

/** @param dataset everything before Pixel Data */
export function describeFrame(dataset: Dataset): FrameDescription {
  const number = (at: number, otherwise: number): number => numberValues(dataset, at)[0] ?? otherwise;
  const bitsAllocated = number(tags.BitsAllocated, 0);
  const bitsStored = number(tags.BitsStored, bitsAllocated);
  const signed = number(tags.PixelRepresentation, 0) === 1;
  return {
    rows: number(tags.Rows, 0),
    columns: number(tags.Columns, 0),
    samplesPerPixel: number(tags.SamplesPerPixel, 1),
    photometricInterpretation: textValue(dataset, tags.PhotometricInterpretation),
    planar: number(tags.PlanarConfiguration, 0) === 1,
    bitsAllocated,
    bitsStored,
    highBit: number(tags.HighBit, bitsStored - 1),
    signed,
    bigEndian: dataset.bigEndian,
    // Zero would make everything one grey: devices write it where they mean "none".
    rescaleSlope: number(tags.RescaleSlope, 1) || 1,
    rescaleIntercept: number(tags.RescaleIntercept, 0),
    window: windowOf(dataset),
    padding: paddingOf(dataset, signed ? bitsAllocated : 0),
    palette: paletteOf(dataset),
  };
}

function windowOf(dataset: Dataset): Window | undefined {
  const center = numberValues(dataset, tags.WindowCenter)[0];
  const width = numberValues(dataset, tags.WindowWidth)[0];
  const name = textValue(dataset, tags.VOILUTFunction);
  const shape = name === 'LINEAR_EXACT' || name === 'SIGMOID' ? name : 'LINEAR';
  // C.11.2.1.2.1: LINEAR needs a width of at least 1, the others one above 0.
  if (center === undefined || width === undefined || !(width > 0) || (shape === 'LINEAR' && width < 1))
    return undefined;
  return { center, width, shape };
}

/** @param signedBits bits of two's complement, 0 when values are unsigned: the VR of padding is ambiguous in implicit VR */
function paddingOf(dataset: Dataset, signedBits: number): FrameDescription['padding'] {
  const value = numberValues(dataset, tags.PixelPaddingValue)[0];
  if (value === undefined) return undefined;
  const limit = numberValues(dataset, tags.PixelPaddingRangeLimit)[0] ?? value;
  const [a, b] = [value, limit].map((v) => (signedBits > 0 && v >= 2 ** (signedBits - 1) ? v - 2 ** signedBits : v));
  return { from: Math.min(a as number, b as number), to: Math.max(a as number, b as number) };
}

function paletteOf(dataset: Dataset): Palette | undefined {
  const tables = ['Red', 'Green', 'Blue'].map((colour) => {
    const descriptor = numberValues(dataset, tag(`${colour}PaletteColorLookupTableDescriptor`));
    const data = dataset.elements.get(tag(`${colour}PaletteColorLookupTableData`))?.bytes;
    // 65,536 entries do not fit the descriptor's 16 bits, so they are written as 0.
    const entries = descriptor[0] || 65_536;
    if (descriptor.length < 3 || !data || data.length < entries) return undefined;
    const table = new Uint8Array(entries);
    // Entries of 16 bits, or of 8 bits two to a word, whatever the descriptor says: the length decides.
    const wide = data.length >= 2 * entries;
    const high = dataset.bigEndian ? 0 : 1;
    // A descriptor of 8 bits over 16-bit entries has the value in the low byte.
    const byte = wide && descriptor[2] === 8 ? 1 - high : high;
    for (let i = 0; i < entries; i++) table[i] = data[wide ? 2 * i + byte : i] as number;
    return { first: descriptor[1] as number, table };
  });
  const [red, green, blue] = tables;
  return red && green && blue && { first: red.first, red: red.table, green: green.table, blue: blue.table };
}
