/** Overlay planes (PS3.3 C.9.2, PS3.5 Section 8.1.2): graphics are drawn; regions of interest are not, they only mark. */
import { type Dataset, numberValues, textValue } from '#dicom/data/dataset.ts';

/** The part of an overlay that lies on one frame. */
export interface Overlay {
  readonly rows: number;
  readonly columns: number;
  /** Of its first point on the frame, counted from 0; may lie outside. */
  readonly top: number;
  readonly left: number;
  /** Points one bit each from `firstBit` on, the lowest bit of a byte first; or the bit of each pixel cell that holds them. */
  readonly points: { readonly bits: Uint8Array; readonly firstBit: number } | { readonly bitPosition: number };
}

/** Elements of the repeating groups 6000 … 601E. */
const OverlayRows = 0x0010;
const OverlayColumns = 0x0011;
const NumberOfFramesInOverlay = 0x0015;
const OverlayType = 0x0040;
const OverlayOrigin = 0x0050;
const ImageFrameOrigin = 0x0051;
const OverlayBitsAllocated = 0x0100;
const OverlayBitPosition = 0x0102;
const OverlayData = 0x3000;

/**
 * The graphics on one frame.
 * @param frame       counted from 1
 * @param unusedBits  the pixel cells hold what they held when the instance was made (retired, C.9.2.1.1); compression ends that
 */
export function overlaysOf(
  dataset: Dataset,
  frame: number,
  { unusedBits }: { readonly unusedBits: boolean },
): Overlay[] {
  const overlays: Overlay[] = [];
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const at = (element: number): number => group * 0x10000 + element;
    const number = (element: number): number | undefined => numberValues(dataset, at(element))[0];
    const rows = number(OverlayRows) ?? 0;
    const columns = number(OverlayColumns) ?? 0;
    if (rows < 1 || columns < 1 || textValue(dataset, at(OverlayType)) === 'R') continue;
    // C.9.2: an overlay of one frame lies on every frame of the image; one of several begins at its own.
    const frames = number(NumberOfFramesInOverlay) ?? 1;
    const index = frames > 1 ? frame - (number(ImageFrameOrigin) ?? 1) : 0;
    if (index < 0 || index >= frames) continue;
    const [row = 1, column = 1] = numberValues(dataset, at(OverlayOrigin)).map(signed16);
    const place = { rows, columns, top: row - 1, left: column - 1 };
    const data = dataset.elements.get(at(OverlayData));
    if (data?.bytes?.length) {
      const firstBit = index * rows * columns;
      const bytes = Uint8Array.from(data.bytes);
      const bits = dataset.bigEndian && data.vr !== 'OB' ? swapped(bytes) : bytes;
      if (bits.length * 8 >= firstBit + rows * columns) overlays.push({ ...place, points: { bits, firstBit } });
    } else if (unusedBits && (number(OverlayBitsAllocated) ?? 1) > 1 && !data) {
      overlays.push({ ...place, points: { bitPosition: number(OverlayBitPosition) ?? 0 } });
    }
  }
  return overlays;
}

/** Leniency: an origin of 0 or below is sometimes written, or read in Implicit VR, as unsigned. */
function signed16(value: number): number {
  return value >= 0x8000 ? value - 0x1_0000 : value;
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, index) => bytes[index ^ 1] ?? 0);
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
