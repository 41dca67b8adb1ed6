/**
 * One plane of an overlay (PS3.3 C.9.2): on which frames it lies, where, and which of its points are set. Of plain values, for
 * server and viewer alike; `overlay.ts` reads them from a data set.
 */

/** The part of an overlay that lies on one frame. */
export interface Overlay extends OverlayPlace {
  /** Points one bit each from `firstBit` on, the lowest bit of a byte first; or the bit of each pixel cell that holds them. */
  readonly points: { readonly bits: Uint8Array; readonly firstBit: number } | { readonly bitPosition: number };
}

export interface OverlayPlace {
  readonly rows: number;
  readonly columns: number;
  /** Of its first point on the frame, counted from 0; may lie outside. */
  readonly top: number;
  readonly left: number;
}

/** Elements of the repeating groups 6000 … 601E, by what stands in the low word of their tags. */
export const overlayElements = {
  rows: 0x0010,
  columns: 0x0011,
  frames: 0x0015,
  type: 0x0040,
  origin: 0x0050,
  firstFrame: 0x0051,
  bitsAllocated: 0x0100,
  bitPosition: 0x0102,
  data: 0x3000,
} as const;

/** 6000, 6002, … 601E. */
export const overlayGroups: readonly number[] = Array.from({ length: 16 }, (_, index) => 0x6000 + 2 * index);

/** What a group says, apart from the points; undefined where it says nothing. */
export interface OverlayAttributes {
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  readonly type: string | undefined;
  /** Number of Frames in Overlay, and Image Frame Origin (counted from 1). */
  readonly frames: number | undefined;
  readonly firstFrame: number | undefined;
  /** Row and column, counted from 1. */
  readonly origin: readonly number[];
}

/**
 * Where an overlay lies on a frame, and which of its own frames that is (from 0); undefined where it does not. Graphics are drawn;
 * regions of interest are not, they only mark.
 * @param frame  counted from 1
 */
export function overlayOn(
  { rows = 0, columns = 0, type, frames = 1, firstFrame = 1, origin }: OverlayAttributes,
  frame: number,
): (OverlayPlace & { index: number }) | undefined {
  if (rows < 1 || columns < 1 || type === 'R') return undefined;
  // C.9.2: an overlay that is no multi-frame one lies on every frame of the image. C.9.3.1.1: a multi-frame one lies on those
  // from its Image Frame Origin on. Leniency: 1 frame from frame 1 on is what devices write of the former.
  const index = frames > 1 || firstFrame > 1 ? frame - firstFrame : 0;
  if (index < 0 || index >= frames) return undefined;
  const [row = 1, column = 1] = origin.map(signed16);
  return { rows, columns, top: row - 1, left: column - 1, index };
}

/** Leniency: an origin of 0 or below is sometimes written, or read in Implicit VR, as unsigned. */
function signed16(value: number): number {
  return value >= 0x8000 ? value - 0x1_0000 : value;
}

/**
 * Whether a bit of the pixel cells lies beside the stored value (PS3.5 8.1.1), where points of an overlay may. Leniency: devices that have
 * no points leave 0 there, which is a bit of the value: drawn, it would be noise all over the image.
 */
export function isBesideValue(
  bit: number,
  { bitsAllocated, bitsStored, highBit }: { bitsAllocated: number; bitsStored: number; highBit: number },
): boolean {
  return bit < bitsAllocated && (bit > highBit || bit <= highBit - bitsStored);
}

/** Draws an overlay's points at full brightness. @param cell the pixel cell at an index, for points that lie in unused bits */
export function drawOverlay(
  { rows, columns, top, left, points }: Overlay,
  picture: { readonly rows: number; readonly columns: number; readonly channels: number; readonly bytes: Uint8Array },
  cell: (index: number) => number,
): void {
  for (let row = Math.max(0, -top); row < rows && row + top < picture.rows; row++) {
    for (let column = Math.max(0, -left); column < columns && column + left < picture.columns; column++) {
      const pixel = (row + top) * picture.columns + column + left;
      if (!isPoint(points, row * columns + column, pixel, cell)) continue;
      picture.bytes.fill(255, pixel * picture.channels, (pixel + 1) * picture.channels);
    }
  }
}

function isPoint(points: Overlay['points'], index: number, pixel: number, cell: (index: number) => number): boolean {
  if ('bitPosition' in points) return ((cell(pixel) >>> points.bitPosition) & 1) === 1;
  const bit = points.firstBit + index;
  return (((points.bits[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;
}
