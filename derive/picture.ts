/**
 * A native frame as people see it: 8 bits a sample, grey or RGB. Modality and VOI transformation in one table lookup
 * (PS3.3 C.11.1 and C.11.2).
 */
import type { FrameDescription, Palette, Window } from './frame-description.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: 0 is black. 3: RGB by pixel. */
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** The frame is of a kind that is not shown yet, or is not what its description says. */
export class CannotShow extends Error {
  override name = 'CannotShow';
}

/** Without a window, this share of the darkest and of the brightest pixels does not count: labels, metal, dead pixels. */
const outliers = 0.005;

/** Bytes of one native frame; PS3.3 C.7.6.3.1.2: in YBR_FULL_422 two pixels share their colour. */
export function frameBytes({
  rows,
  columns,
  samplesPerPixel,
  bitsAllocated,
  photometricInterpretation,
}: FrameDescription): number {
  const samples = photometricInterpretation === 'YBR_FULL_422' ? 2 : samplesPerPixel;
  return (rows * columns * samples * bitsAllocated) / 8;
}

/**
 * @param frame  one native frame, in the byte order of its description
 * @throws CannotShow
 */
export function renderFrame(frame: Uint8Array, description: FrameDescription): Picture {
  const { photometricInterpretation, bitsAllocated, samplesPerPixel } = description;
  const bytes = frameBytes(description);
  if (!(bytes > 0) || frame.byteLength < bytes) {
    throw new CannotShow(`a frame of ${bytes} bytes has ${frame.byteLength}`);
  }
  if (samplesPerPixel === 1 && (bitsAllocated === 8 || bitsAllocated === 16)) {
    if (photometricInterpretation === 'MONOCHROME1' || photometricInterpretation === 'MONOCHROME2') {
      return grey(frame, description);
    }
    if (photometricInterpretation === 'PALETTE COLOR' && description.palette) {
      return fromPalette(frame, description, description.palette);
    }
  }
  if (samplesPerPixel === 3 && bitsAllocated === 8) {
    if (photometricInterpretation === 'RGB') return rgb(byPixel(frame, description), description);
    if (photometricInterpretation === 'YBR_FULL') return rgb(fromYbr(byPixel(frame, description)), description);
    if (photometricInterpretation === 'YBR_FULL_422') return rgb(fromYbr(upsampled(frame, description)), description);
  }
  throw new CannotShow(
    `${photometricInterpretation || 'no Photometric Interpretation'}, ${samplesPerPixel} × ${bitsAllocated} bits`,
  );
}

function grey(frame: Uint8Array, description: FrameDescription): Picture {
  const words = wordsOf(frame, description);
  const values = storedValues(description);
  const shown = description.window
    ? windowTable(values, description, description.window)
    : spreadTable(values, description, words);
  if (description.photometricInterpretation === 'MONOCHROME1')
    for (let i = 0; i < shown.length; i++) shown[i] = 255 - (shown[i] as number);
  const pixels = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i++) pixels[i] = shown[words[i] as number] as number;
  return { width: description.columns, height: description.rows, channels: 1, pixels };
}

/** The pixel cells as unsigned numbers, whatever they hold. */
function wordsOf(
  frame: Uint8Array,
  { rows, columns, bitsAllocated, bigEndian }: FrameDescription,
): Uint8Array | Uint16Array {
  const count = rows * columns;
  if (bitsAllocated === 8) return frame.subarray(0, count);
  const words = new Uint16Array(count);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  for (let i = 0; i < count; i++) words[i] = view.getUint16(2 * i, !bigEndian);
  return words;
}

/** Cell → stored value: the bits from High Bit down, with their sign (PS3.5 Section 8.1.1). Other bits may hold anything. */
function storedValues({ bitsAllocated, bitsStored, highBit, signed }: FrameDescription): Int32Array {
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit < bitsStored - 1 || highBit >= bitsAllocated) {
    throw new CannotShow(`${bitsStored} bits stored below bit ${highBit} of ${bitsAllocated}`);
  }
  const values = new Int32Array(2 ** bitsAllocated);
  const shift = highBit + 1 - bitsStored;
  const range = 2 ** bitsStored;
  for (let word = 0; word < values.length; word++) {
    const value = (word >>> shift) & (range - 1);
    values[word] = signed && value >= range / 2 ? value - range : value;
  }
  return values;
}

function windowTable(
  values: Int32Array,
  { rescaleSlope, rescaleIntercept }: FrameDescription,
  window: Window,
): Uint8Array {
  const table = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = (values[i] as number) * rescaleSlope + rescaleIntercept;
    table[i] = Math.round(255 * windowed(x, window));
  }
  return table;
}

/** A modality value to 0 … 1. */
function windowed(x: number, { center, width, shape }: Window): number {
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (x - center)) / width));
  if (shape === 'LINEAR_EXACT') return clamp((x - center) / width + 0.5);
  // LINEAR is centred on c − 0.5 and spans w − 1 (PS3.3 C.11.2.1.2.1), so w = 1 is a threshold, not 0/0.
  if (width === 1) return x <= center - 0.5 ? 0 : 1;
  return clamp((x - (center - 0.5)) / (width - 1) + 0.5);
}

function clamp(y: number): number {
  return y <= 0 ? 0 : y >= 1 ? 1 : y;
}

/** Without a window: all that 8 bits hold as it is, else from the dark to the bright end of what the frame has. */
function spreadTable(values: Int32Array, description: FrameDescription, words: Uint8Array | Uint16Array): Uint8Array {
  const { bitsStored, signed, rescaleSlope, padding } = description;
  let from = signed ? -(2 ** (bitsStored - 1)) : 0;
  let to = from + 2 ** bitsStored - 1;
  if (bitsStored > 8) [from, to] = extent(values, words, padding) ?? [from, to];
  const table = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const y = to > from ? clamp(((values[i] as number) - from) / (to - from)) : 0;
    // A negative slope turns bright into dark.
    table[i] = Math.round(255 * (rescaleSlope < 0 ? 1 - y : y));
  }
  return table;
}

/** The stored values between which all but the outliers lie, padding not counted. */
function extent(
  values: Int32Array,
  words: Uint8Array | Uint16Array,
  padding: FrameDescription['padding'],
): [number, number] | undefined {
  const offset = 2 ** 15;
  const counts = new Uint32Array(2 ** 17);
  let total = 0;
  for (let i = 0; i < words.length; i++) {
    const value = values[words[i] as number] as number;
    if (padding && value >= padding.from && value <= padding.to) continue;
    counts[value + offset] = (counts[value + offset] as number) + 1;
    total++;
  }
  if (total === 0) return undefined;
  const edge = (step: 1 | -1): number => {
    let at = step === 1 ? 0 : counts.length - 1;
    for (let seen = counts[at] as number; seen <= total * outliers; seen += counts[at] as number) at += step;
    return at - offset;
  };
  return [edge(1), edge(-1)];
}

function fromPalette(frame: Uint8Array, description: FrameDescription, palette: Palette): Picture {
  const words = wordsOf(frame, description);
  const values = storedValues(description);
  const pixels = new Uint8Array(words.length * 3);
  const last = palette.red.length - 1;
  for (let i = 0; i < words.length; i++) {
    const entry = Math.min(last, Math.max(0, (values[words[i] as number] as number) - palette.first));
    pixels[3 * i] = palette.red[entry] as number;
    pixels[3 * i + 1] = palette.green[entry] ?? 0;
    pixels[3 * i + 2] = palette.blue[entry] ?? 0;
  }
  return rgb(pixels, description);
}

function rgb(pixels: Uint8Array, { rows, columns }: FrameDescription): Picture {
  return { width: columns, height: rows, channels: 3, pixels };
}

/** Three samples a pixel, side by side. */
function byPixel(frame: Uint8Array, { rows, columns, planar }: FrameDescription): Uint8Array {
  const count = rows * columns;
  if (!planar) return frame.subarray(0, 3 * count);
  const pixels = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let plane = 0; plane < 3; plane++) pixels[3 * i + plane] = frame[plane * count + i] as number;
  }
  return pixels;
}

/** YBR_FULL_422 (PS3.3 C.7.6.3.1.2): Y₁ Y₂ Cb Cr for two neighbours in a row. */
function upsampled(frame: Uint8Array, { rows, columns }: FrameDescription): Uint8Array {
  const count = rows * columns;
  const pixels = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    const pair = (i >>> 1) * 4;
    pixels[3 * i] = frame[pair + (i & 1)] as number;
    pixels[3 * i + 1] = frame[pair + 2] as number;
    pixels[3 * i + 2] = frame[pair + 3] as number;
  }
  return pixels;
}

/** The inverse of the equations of PS3.3 C.7.6.3.1.2. */
function fromYbr(ybr: Uint8Array): Uint8Array {
  const pixels = new Uint8ClampedArray(ybr.length);
  for (let i = 0; i + 2 < ybr.length; i += 3) {
    const y = ybr[i] as number;
    const blue = (ybr[i + 1] as number) - 128;
    const red = (ybr[i + 2] as number) - 128;
    pixels[i] = y + 1.402 * red;
    pixels[i + 1] = y - 0.344136 * blue - 0.714136 * red;
    pixels[i + 2] = y + 1.772 * blue;
  }
  return new Uint8Array(pixels.buffer);
}
