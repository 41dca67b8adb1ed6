// A frame's stored values (native-samples.ts, decode-frame.ts) to what is drawn of them: what the modality measured (PS3.3 C.11.1), or
// RGB of 8 bits (C.7.6.3.1.2).
import { isColour, toRgb } from '#dicom/pixels/colour-space.ts';
import { entryAs8Bits, lookUp } from '#dicom/pixels/lookup-table.ts';
import type { Shutter } from '#dicom/pixels/shutter.ts';
import { storedBitsOf } from '#dicom/pixels/stored-bits.ts';
import { LoadError, type JsonDataset } from '../archive-client.ts';
import { shutterOn } from './display-shutter.ts';
import { functionalGroup, items, number, string } from './dicom-json.ts';
import { lutOf, paletteOf, type LookupTable, type Palette } from './lookup-table.ts';

export interface PixelFormat {
  rows: number;
  columns: number;
  samples: number;
  photometric: string;
  planar: boolean;
  bitsAllocated: number;
  bitsStored: number;
  highBit: number;
  signed: boolean;
  /** which element holds the samples: Pixel Data, Float or Double Float Pixel Data (C.7.6.24) */
  sample: 'integer' | 'float' | 'double';
}

export type Values = Uint8Array | Int16Array | Uint16Array | Float32Array;

/** What is drawn: grey values in the modality's units, or RGB by pixel. */
export interface FramePixels {
  color: boolean;
  values: Values;
  smallest: number;
  largest: number;
  /** of grey: besides padding there is one value only, or none */
  isEven?: boolean;
  /** of grey that has one value only: the range of all that it could have */
  possible?: Extent;
  /** of grey: the smallest value is white (MONOCHROME1); where a presentation LUT says what is white, it says it by itself */
  negative: boolean;
  /** of grey: by which the VOI's output is shown (C.11.6) */
  presentationLut?: LookupTable | undefined;
  /** values from … to are no part of the image, and look as `shownAs` does (C.7.5.1.1.2) */
  padding: { from: number; to: number; shownAs: number } | undefined;
  /** what of it is hidden, unless the reader wants to see it */
  shutter?: Shutter | undefined;
}

export function pixelFormatOf(instance: JsonDataset): PixelFormat {
  const sample = instance['7FE00008'] ? 'float' : instance['7FE00009'] ? 'double' : 'integer';
  const bitsAllocated = { integer: number(instance, '00280100') ?? 0, float: 32, double: 64 }[sample];
  const samples = number(instance, '00280002') ?? 1;
  return {
    rows: number(instance, '00280010') ?? 0,
    columns: number(instance, '00280011') ?? 0,
    samples,
    photometric: string(instance, '00280004') ?? (samples === 1 ? 'MONOCHROME2' : 'RGB'),
    planar: number(instance, '00280006') === 1,
    bitsAllocated,
    ...storedBitsOf({
      bitsAllocated,
      bitsStored: number(instance, '00280101'),
      highBit: number(instance, '00280102'),
    }),
    // Colours have no sign.
    signed: samples === 1 && number(instance, '00280103') === 1,
    sample,
  };
}

/** @throws LoadError cannotDraw for a kind of pixels that has no picture here */
export function checkDrawable({ samples, photometric, bitsAllocated, sample }: PixelFormat): void {
  if (sample !== 'integer' && samples === 1 && photometric.startsWith('MONOCHROME')) return;
  const isGrey = samples === 1 && ['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR'].includes(photometric);
  const isRgb = samples === 3 && isColour(photometric);
  const isHeld = [8, 16, 32].includes(bitsAllocated) || (bitsAllocated < 32 && bitsAllocated % 8 !== 0);
  if ((!isGrey && !isRgb) || !isHeld) throw new LoadError('cannotDraw');
}

/** @param stored  the stored values, one or three a pixel; of colour already in the photometric interpretation given */
export function framePixels(
  stored: ArrayLike<number>,
  format: PixelFormat,
  instance: JsonDataset,
  frame: number,
): FramePixels {
  const shutter = shutterOn(instance, frame, format);
  if (format.samples === 3) return ofColor(toRgb(stored, colorKind(format.photometric), format.bitsStored), shutter);
  if (format.photometric === 'PALETTE COLOR') {
    const palette = paletteOf(instance, format.signed);
    if (!palette) throw new LoadError('cannotDraw');
    return ofColor(throughPalette(stored, palette), shutter);
  }
  return greys(stored, format, instance, frame, shutter);
}

const colorKind = (photometric: string) => (isColour(photometric) ? photometric : 'RGB');

export const ofColor = (values: Uint8Array, shutter?: Shutter): FramePixels => ({
  color: true,
  values,
  smallest: 0,
  largest: 255,
  negative: false,
  padding: undefined,
  shutter,
});

export function throughPalette(stored: ArrayLike<number>, palette: Palette): Uint8Array {
  const rgb = new Uint8Array(stored.length * 3);
  for (let at = 0; at < stored.length; at += 1) {
    rgb[3 * at] = entryAs8Bits(palette.red, stored[at]!);
    rgb[3 * at + 1] = entryAs8Bits(palette.green, stored[at]!);
    rgb[3 * at + 2] = entryAs8Bits(palette.blue, stored[at]!);
  }
  return rgb;
}

function greys(
  stored: ArrayLike<number>,
  format: PixelFormat,
  instance: JsonDataset,
  frame: number,
  shutter: Shutter | undefined,
): FramePixels {
  const modality = modalityOf(instance, frame, format.signed);
  const asStored = paddingOf(instance, format);
  const shown = asStored ? besidePadding(modality, asStored) : modality;
  const { values, extent: known } = modalityValues(stored, shown);
  // As the values are held: where those are 32-bit floats, padding of a fraction is one only when it is rounded as they are.
  const held = (end: number) => (values instanceof Float32Array ? Math.fround(shown.value(end)) : shown.value(end));
  const padding = asStored && {
    from: Math.min(held(asStored.from), held(asStored.to)),
    to: Math.max(held(asStored.from), held(asStored.to)),
    shownAs: held(asStored.shownAs),
  };
  const presentationLut = lutOf(items(instance, '20500010')[0], false);
  const extent =
    asStored || shutter || !known ? extentOf(values, stored, asStored, padding?.shownAs, shutter?.hidden) : known;
  return {
    color: false,
    values,
    isEven: extent.smallest === extent.largest,
    ...extent,
    ...(extent.smallest === extent.largest && { possible: possibleExtent(format, modality) }),
    negative: !presentationLut && (format.photometric === 'MONOCHROME1' || string(instance, '20500020') === 'INVERSE'),
    presentationLut,
    padding,
    shutter,
  };
}

function possibleExtent({ sample, signed, bitsStored }: PixelFormat, modality: Modality): Extent {
  if (sample !== 'integer') return { smallest: 0, largest: 1 };
  const least = signed ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [least, least + 2 ** bitsStored - 1].map((stored) => modality.value(stored));
  return { smallest: Math.min(...ends), largest: Math.max(...ends) };
}

/** The smallest and the largest value, without what is hidden; padding is not counted unless there is nothing else to tell apart, and what is no number never is. */
function extentOf(
  values: Values,
  stored: ArrayLike<number>,
  padding: FramePixels['padding'],
  background: number | undefined,
  hidden: Uint8Array | undefined,
): Extent & Pick<FramePixels, 'isEven'> {
  const [from, to] = padding ? [padding.from, padding.to] : [Infinity, -Infinity];
  let [smallest, largest] = [Infinity, -Infinity];
  let isPadded = false;
  for (let at = 0; at < values.length; at += 1) {
    if (hidden && hidden[at] === 1) continue;
    const value = values[at]!;
    // By what is stored: a table may make the same of padding and of what is none.
    if (stored[at]! >= from && stored[at]! <= to) isPadded = true;
    else if (Number.isFinite(value)) {
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
  }
  if (isPadded && background !== undefined && !(largest > smallest))
    return { isEven: true, smallest: Math.min(smallest, background), largest: Math.max(largest, background) };
  return smallest <= largest ? { smallest, largest } : { smallest: 0, largest: 0 };
}

interface Modality {
  value: (stored: number) => number;
  /** gives every value back as it is */
  identity: boolean;
  /** gives whole numbers only */
  whole: boolean;
  /** value = slope · stored + intercept */
  line?: { slope: number; intercept: number };
}

export interface Extent {
  smallest: number;
  largest: number;
}

/** Modality LUT (C.11.1): the functional group of the frame, else the table, else slope and intercept of the image. */
function modalityOf(instance: JsonDataset, frame: number, signed: boolean): Modality {
  const group = functionalGroup(instance, '00289145', frame);
  const table = group === instance ? lutOf(items(instance, '00283000')[0], signed) : undefined;
  if (table) return { value: (stored) => lookUp(table, stored), identity: false, whole: true };
  // Doses have a scaling of their own (C.8.8.3). Zero would make everything one grey; devices write it for "none".
  const slope = number(group, '00281053') || number(group, '3004000E') || 1;
  const intercept = number(group, '00281052') ?? 0;
  return {
    value: (stored) => stored * slope + intercept,
    identity: slope === 1 && intercept === 0,
    whole: Number.isInteger(slope) && Number.isInteger(intercept),
    line: { slope, intercept },
  };
}

/**
 * A table's neighbours need not be neighbours any more: there the whole of a padding range becomes what its value becomes. On a line it
 * stays a range, of which each pixel keeps its own value.
 */
function besidePadding(modality: Modality, { from, to, shownAs }: NonNullable<FramePixels['padding']>): Modality {
  if (modality.line) return modality;
  return { ...modality, value: (stored) => modality.value(stored >= from && stored <= to ? shownAs : stored) };
}

const kinds = [Uint8Array, Int16Array, Uint16Array, Float32Array];

/** In the smallest kind of array that Cornerstone can hold and that loses nothing; of what takes more than 16 bits, what is beyond 24. */
function modalityValues(stored: ArrayLike<number>, modality: Modality): { values: Values; extent?: Extent } {
  const { value, identity, whole, line } = modality;
  const isHeldAsItIs = kinds.some((Kind) => stored instanceof Kind);
  if (identity && isHeldAsItIs) return { values: stored as Values };
  if (line && integers.some((Kind) => stored instanceof Kind)) return alongLine(stored as Integers, modality, line);
  let [smallest, largest] = [Infinity, -Infinity];
  for (let at = 0; at < stored.length; at += 1) {
    const one = value(stored[at]!);
    if (one < smallest) smallest = one;
    if (one > largest) largest = one;
  }
  const isFloat = stored instanceof Float32Array || stored instanceof Float64Array;
  const Kind = whole && !isFloat ? arrayFor(smallest, largest) : Float32Array;
  const values = new Kind(stored.length);
  for (let at = 0; at < stored.length; at += 1) values[at] = value(stored[at]!);
  return { values };
}

const integers = [Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
type Integers = InstanceType<(typeof integers)[number]>;

/**
 * The same for whole numbers and a straight line, which nearly every image of CT and MR has, in half the time: the outermost of what is
 * stored are the outermost values, and no pixel is asked for more than its place on the line.
 */
function alongLine(
  stored: Integers,
  { value, whole }: Modality,
  { slope, intercept }: NonNullable<Modality['line']>,
): { values: Values; extent?: Extent } {
  if (stored.length === 0) return { values: new Float32Array(0) };
  let [least, most] = [stored[0]!, stored[0]!];
  for (let at = 1; at < stored.length; at += 1) {
    const one = stored[at]!;
    if (one < least) least = one;
    else if (one > most) most = one;
  }
  const ends = [value(least), value(most)];
  const [smallest, largest] = [Math.min(...ends), Math.max(...ends)];
  const values = new (whole ? arrayFor(smallest, largest) : Float32Array)(stored.length);
  for (let at = 0; at < stored.length; at += 1) values[at] = stored[at]! * slope + intercept;
  // As they are held: fractions are rounded there.
  const held = values instanceof Float32Array ? Math.fround : (end: number) => end;
  return { values, extent: { smallest: held(smallest), largest: held(largest) } };
}

function arrayFor(smallest: number, largest: number) {
  if (smallest >= 0 && largest <= 255) return Uint8Array;
  if (smallest >= -32_768 && largest <= 32_767) return Int16Array;
  return smallest >= 0 && largest <= 65_535 ? Uint16Array : Float32Array;
}

const paddingTags = {
  integer: ['00280120', '00280121'],
  float: ['00280122', '00280124'],
  double: ['00280123', '00280125'],
} as const;

function paddingOf(instance: JsonDataset, { signed, bitsAllocated, sample }: PixelFormat): FramePixels['padding'] {
  const asStored = (value: number) => {
    if (sample === 'float') return Math.fround(value);
    if (sample === 'double' || bitsAllocated > 16) return value;
    // In Implicit VR nothing says whether the value is US or SS: the pixels do.
    return signed ? (value << (32 - bitsAllocated)) >> (32 - bitsAllocated) : value & (2 ** bitsAllocated - 1);
  };
  const [shownAs, limit = shownAs] = paddingTags[sample].map((tag) => {
    const value = number(instance, tag);
    return value === undefined ? undefined : asStored(value);
  });
  if (shownAs === undefined || limit === undefined) return undefined;
  return { from: Math.min(shownAs, limit), to: Math.max(shownAs, limit), shownAs };
}
