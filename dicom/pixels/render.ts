/**
 * A decoded frame as people see it, 8 bits a sample, grey or RGB: the pixel transformation sequence of PS3.4 N.2
 * (Modality LUT, VOI LUT, Presentation LUT; palette; shutter; overlays), each step in a file of its own beside this one.
 */
import { isColour, toRgb } from './colour-space.ts';
import { CannotDecode, type DecodedFrame } from './decoded-frame.ts';
import type { FramePresentation } from './frame-presentation.ts';
import type { ImagePixel } from './image-pixel.ts';
import { entryAs8Bits } from './lookup-table.ts';
import { modalityValue } from './modality-lut.ts';
import { drawOverlay } from './overlay-plane.ts';
import type { Palette } from './palette.ts';
import type { PixelPadding } from './pixel-padding.ts';
import { presentationValue } from './presentation-lut.ts';
import { drawShutter, shutterOf } from './shutter.ts';
import { type Cells, cellsOf, storedValueOf, storedValues } from './stored-values.ts';
import { voiValue } from './voi-lut.ts';

export interface RenderedFrame {
  readonly rows: number;
  readonly columns: number;
  /** 1: 0 is black. 3: RGB by pixel. */
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
  /** What this is the same picture of with fewer pixels. */
  readonly whole?: Pick<ImagePixel, 'rows' | 'columns'>;
  /** The height of a pixel to its width; 1 where it is left out. */
  readonly pixelAspect?: number;
}

/**
 * @param into  memory for the picture, which is used where a grey one fits; nothing of the frame may lie in it
 * @throws CannotDecode when the frame is of a kind that has no picture
 */
export function renderFrame(frame: DecodedFrame, presentation: FramePresentation, into?: Uint8Array): RenderedFrame {
  const { rows, columns, samplesPerPixel } = frame;
  // Leniency: nothing said is the plainest there is.
  const kind = frame.photometricInterpretation || (samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB');
  const cells = cellsOf(frame);
  const shutter = presentation.shutter && shutterOf(presentation.shutter, rows, columns);
  let bytes: Uint8Array;
  let channels: 1 | 3 = 3;
  if (samplesPerPixel === 1 && kind === 'PALETTE COLOR' && presentation.palette && isWhole(cells)) {
    bytes = throughPalette(cells, frame, presentation.palette);
  } else if (samplesPerPixel === 1 && (kind === 'MONOCHROME1' || kind === 'MONOCHROME2')) {
    bytes = greyscale(frame, cells, presentation, shutter?.hidden, into);
    if (presentation.palette && isWhole(cells))
      bytes = withSupplementalPalette(bytes, cells, frame, presentation.palette);
    else channels = 1;
  } else if (samplesPerPixel === 3 && isColour(kind) && isWhole(cells)) {
    const value = storedValueOf({ ...frame, isSigned: false });
    const samples =
      frame.bitsStored === 8 && cells instanceof Uint8Array ? cells : Float64Array.from(cells, (cell) => value(cell));
    bytes = toRgb(samples, kind, frame.bitsStored);
  } else {
    throw new CannotDecode(`there is no picture of ${kind} with ${samplesPerPixel} samples`);
  }
  const picture: RenderedFrame = { rows, columns, channels, bytes };
  if (shutter) drawShutter(shutter, picture);
  const cell = (index: number): number => (isWhole(cells) && samplesPerPixel === 1 ? (cells[index] ?? 0) : 0);
  for (const overlay of presentation.overlays) drawOverlay(overlay, picture, cell);
  return picture;
}

type WholeCells = Uint8Array | Uint16Array | Uint32Array;

function isWhole(cells: Cells): cells is WholeCells {
  return cells instanceof Uint8Array || cells instanceof Uint16Array || cells instanceof Uint32Array;
}

/** Cells of up to 16 bits go through a table of those that occur; wider ones are computed one by one. */
function greyscale(
  frame: DecodedFrame,
  cells: Cells,
  presentation: FramePresentation,
  hidden: Uint8Array | undefined,
  into: Uint8Array | undefined,
): Uint8Array {
  const { padding } = presentation;
  if (cells instanceof Uint8Array || cells instanceof Uint16Array) {
    // Of all 65,536 cells that there could be, a slice has some thousand: to compute the others took longer than the picture.
    const occurring = occurringIn(cells);
    const values = occurring.map(storedValueOf(frame));
    const seen = () => (hidden ? occurringIn(cells, hidden).map(storedValueOf(frame)) : values);
    const grey = greyOf(presentation, () => extent(frame, seen(), presentation));
    const table = new Uint8Array(2 ** (8 * cells.BYTES_PER_ELEMENT));
    occurring.forEach((cell, index) => (table[cell] = grey(withoutPadding(values[index] as number, padding))));
    return lookedUp(cells, table, into);
  }
  const values = storedValues(frame, cells);
  const grey = greyOf(presentation, () => extent(frame, values, presentation, hidden));
  return Uint8Array.from(values, (value) => grey(withoutPadding(value, padding)));
}

/** Each cell that there is, once. @param hidden  1 where one does not count */
function occurringIn(cells: Uint8Array | Uint16Array, hidden?: Uint8Array): number[] {
  const seen = new Uint8Array(2 ** (8 * cells.BYTES_PER_ELEMENT));
  for (let i = 0; i < cells.length; i++) if (hidden?.[i] !== 1) seen[cells[i] as number] = 1;
  const occurring: number[] = [];
  for (let cell = 0; cell < seen.length; cell++) if (seen[cell] === 1) occurring.push(cell);
  return occurring;
}

function lookedUp(cells: Uint8Array | Uint16Array, table: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  const isEnough = into !== undefined && into.length >= cells.length;
  const bytes = isEnough ? into.subarray(0, cells.length) : new Uint8Array(cells.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = table[cells[i] as number] as number;
  return bytes;
}

/** The whole of a padding range is background, and looks as the padding value does. */
function withoutPadding(storedValue: number, padding: PixelPadding | undefined): number {
  return padding && storedValue >= padding.from && storedValue <= padding.to ? padding.shownAs : storedValue;
}

/** Stored value → 0 … 255. @param extentOf asked for only when nothing says which values are of interest */
function greyOf(
  { modalityLut, voiLut, presentationLut }: FramePresentation,
  extentOf: () => readonly [number, number],
): (storedValue: number) => number {
  const [from, to] = voiLut ? [0, 0] : extentOf();
  return (storedValue) => {
    const x = modalityValue(modalityLut, storedValue);
    // Of one value where no other could be there is no range: it is in the middle, as of a window of width 1 (C.11.2.1.3.2).
    const y = voiLut ? voiValue(voiLut, x) : to > from ? (x - from) / (to - from) : x - from + 0.5;
    // What is no number is background.
    return Math.round(255 * presentationValue(presentationLut, y >= 0 ? Math.min(y, 1) : 0));
  };
}

/**
 * The smallest and the largest modality value of a frame, without what its shutter hides; its padding is not counted unless there is
 * nothing else to tell apart.
 */
function extent(
  frame: DecodedFrame,
  values: ArrayLike<number>,
  { modalityLut, padding }: FramePresentation,
  hidden?: Uint8Array,
): readonly [number, number] {
  let from = Infinity;
  let to = -Infinity;
  let background: number | undefined;
  for (let i = 0; i < values.length; i++) {
    if (hidden?.[i] === 1) continue;
    const stored = values[i] as number;
    const x = modalityValue(modalityLut, stored);
    if (padding && stored >= padding.from && stored <= padding.to) {
      background = modalityValue(modalityLut, padding.shownAs);
    } else if (Number.isFinite(x)) {
      if (x < from) from = x;
      if (x > to) to = x;
    }
  }
  if (background !== undefined && !(to > from)) [from, to] = [Math.min(from, background), Math.max(to, background)];
  // One value only: a single bit is black or white, everything else lies where it does among all that could be.
  return to > from ? [from, to] : representable(frame, modalityLut);
}

function representable(
  { bitsStored, isSigned, sample }: DecodedFrame,
  modalityLut: FramePresentation['modalityLut'],
): readonly [number, number] {
  if (sample !== 'integer') return [0, 1];
  const smallest = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [smallest, smallest + 2 ** bitsStored - 1].map((value) => modalityValue(modalityLut, value));
  return [Math.min(...ends), Math.max(...ends)];
}

function throughPalette(cells: WholeCells, frame: DecodedFrame, { red, green, blue }: Palette): Uint8Array {
  const value = storedValueOf(frame);
  const bytes = new Uint8Array(3 * cells.length);
  for (let i = 0; i < cells.length; i++) {
    const stored = value(cells[i] as number);
    bytes[3 * i] = entryAs8Bits(red, stored);
    bytes[3 * i + 1] = entryAs8Bits(green, stored);
    bytes[3 * i + 2] = entryAs8Bits(blue, stored);
  }
  return bytes;
}

/** C.7.6.19: stored values from the palette's first on are coloured, those below are grey. */
function withSupplementalPalette(
  grey: Uint8Array,
  cells: WholeCells,
  frame: DecodedFrame,
  palette: Palette,
): Uint8Array {
  const value = storedValueOf(frame);
  const bytes = throughPalette(cells, frame, palette);
  for (let i = 0; i < cells.length; i++)
    if (value(cells[i] as number) < palette.red.first) bytes.fill(grey[i] as number, 3 * i, 3 * i + 3);
  return bytes;
}
