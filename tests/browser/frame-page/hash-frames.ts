/**
 * Runs in Chromium: loads frames by the viewer's own image loader, metadata, decoders and all, but for no screen, and says what
 * Cornerstone then holds of them. The hashes are of stored values, since those are what other toolkits decode.
 */
import { renderingEngine } from '#viewer/viewport/cornerstone.ts';
import { displaySets, type Frame } from '#viewer/viewport/display-sets.ts';
import { loadFrame, type FrameImage } from '#viewer/viewport/load-frame.ts';
import { knowFrames } from '#viewer/viewport/known-frames.ts';
import { readSeriesMetadata } from '#viewer/image-client.ts';
import { LoadError } from '#viewer/archive-client.ts';

/** What leads from the values that are measured back to those that are stored. */
export interface Cells {
  bitsAllocated: number;
  bitsStored: number;
  isSigned: boolean;
  /** a modality value's stored value is (value − intercept) / slope … */
  slope: number;
  intercept: number;
  /** … or the one that this table has at its place, where there is one */
  table: [modality: number, stored: number][] | undefined;
  /** Float or Double Float Pixel Data; both are held as 32-bit floats */
  isFloat: boolean;
}

export interface WantedFrame {
  SOPInstanceUID: string;
  cells: Cells;
}

/** Hashes (SHA-256, hexadecimal) of one frame, or why there is none. */
export type HeldFrame =
  | {
      transferSyntaxUID: string;
      color: boolean;
      hashes: string[];
      /** signed values that so many bits cannot say: negative ones that were read without their sign */
      signLost: boolean;
    }
  | { trouble: string; detail: string | undefined };

/** The colour pictures of the last series: RGB by pixel, and hashes do not tell how far two of them are apart. */
const pictures = new Map<string, Uint8Array>();

/** Of a series, the first frame of each instance wanted. */
async function holdFrames(study: string, series: string, wanted: WantedFrame[]): Promise<HeldFrame[]> {
  const sets = displaySets(study, series, await readSeriesMetadata(study, series));
  const frames = sets.flatMap((set) => set.frames);
  knowFrames(frames);
  pictures.clear();
  return Promise.all(
    wanted.map(({ SOPInstanceUID, cells }) => {
      const isIt = (frame: Frame) => frame.SOPInstanceUID === SOPInstanceUID && frame.frameNumber === 1;
      return hold(frames.find(isIt), cells);
    }),
  );
}

async function hold(frame: Frame | undefined, cells: Cells): Promise<HeldFrame> {
  if (!frame) return { trouble: 'no frame of it in the series', detail: undefined };
  try {
    const image = (await loadFrame(frame.imageId).promise) as FrameImage;
    const { color, transferSyntaxUID } = image;
    const values = image.getPixelData();
    const stored = color ? new Float64Array() : storedFrom(values, cells);
    const arrays = color ? [new Uint8Array(values)] : inCells(stored, cells);
    const signLost = cells.isSigned && !cells.isFloat && stored.some((value) => value >= 2 ** (cells.bitsStored - 1));
    if (color) pictures.set(frame.SOPInstanceUID, arrays[0] as Uint8Array);
    return { transferSyntaxUID, color, hashes: await Promise.all(arrays.map(sha256)), signLost };
  } catch (error) {
    const isExpected = error instanceof LoadError;
    return { trouble: isExpected ? error.trouble : String(error), detail: isExpected ? error.detail : undefined };
  }
}

/** From modality values to the stored ones; in a loop, since `from` with a function takes at least five times as long. */
function storedFrom(values: ArrayLike<number>, { isFloat, slope, intercept, table }: Cells): Float64Array {
  const stored = new Float64Array(values);
  if (isFloat) return stored;
  const inverse = table && new Map(table);
  for (let at = 0; at < stored.length; at += 1) {
    const value = stored[at]!;
    stored[at] = inverse?.get(value) ?? Math.round((value - intercept) / slope);
  }
  return stored;
}

/** With their sign and without: toolkits write both. */
function inCells(stored: Float64Array, { isFloat, bitsAllocated, bitsStored }: Cells): Samples[] {
  if (isFloat) return [new Float32Array(stored)];
  const Kind = bitsAllocated <= 8 ? Uint8Array : bitsAllocated <= 16 ? Uint16Array : Uint32Array;
  const cells = new Kind(stored);
  return [cells, cells.map((value) => (bitsStored < 32 ? value & (2 ** bitsStored - 1) : value))];
}

type Samples = Uint8Array | Uint16Array | Uint32Array | Float32Array;

async function sha256(array: Samples): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', array as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** One of the series' colour pictures, in base64. */
function heldPicture(SOPInstanceUID: string): string {
  const bytes = pictures.get(SOPInstanceUID) ?? new Uint8Array();
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

renderingEngine();
Object.assign(globalThis, { holdFrames, heldPicture });
