/**
 * A colour Doppler loop of a carotid artery that we compute: one heartbeat in 30 frames (PS3.3 A.7, US Multi-frame Image IOD).
 * Three crosses are drawn in, and a ruler beside the image.
 */
import { triangle } from './known.ts';
import { randomOf, uidOf } from './seed.ts';
import { type Sample, study } from './study.ts';

const columns = 640;
const rows = 480;
export const usFrames = 30;
const frameTimeMs = 33.3;
const spacingMm = 0.1;
const frameTimeTag = 0x00181063;

/** What is scanned, in pixels; the last ones belong to it. Top and left are the probe's face and its left end. */
const image = { left: 50, top: 40, right: 549, bottom: 439 } as const;
/** Where flow is measured. */
const box = { left: 170, top: 165, right: 449, bottom: 314 } as const;

/** Crosses: a triangle of 12, 16 and 20 mm. */
export const usCrosses = triangle([510, 110], { across: -160, along: 120, spacingMm });

export interface UsOptions {
  readonly seed: string;
  readonly number: number;
}

export function* usSeries({ seed, number }: UsOptions): Generator<Sample> {
  const name = `${seed} us ${number}`;
  yield {
    name: 'us-0001.dcm',
    attributes: {
      ...study(seed, number, 'Siêu âm Doppler động mạch cảnh'),
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.3.1',
      SOPInstanceUID: uidOf(`${name} instance`),
      SeriesInstanceUID: uidOf(`${name} series`),
      Modality: 'US',
      SeriesNumber: 1,
      SeriesDescription: 'Động mạch cảnh chung trái',
      BodyPartExamined: 'NECK',
      PatientOrientation: '',
      // Two-dimensional imaging and colour Doppler (PS3.3 C.8.5.6.1.1).
      ImageType: ['ORIGINAL', 'PRIMARY', 'VASCULAR', '0011'],
      InstanceNumber: 1,
      NumberOfFrames: usFrames,
      FrameIncrementPointer: frameTimeTag,
      FrameTime: frameTimeMs,
      CineRate: 30,
      StartTrim: 1,
      StopTrim: usFrames,
      SequenceOfUltrasoundRegions: [region(1, image), region(2, box)],
      UltrasoundColorDataPresent: 1,
      LossyImageCompression: '00',
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: rows,
      Columns: columns,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      PixelData: loop(name),
    },
  };
}

/** PS3.3 C.8.5.5.1. @param dataType  1: tissue, 2: colour flow */
function region(dataType: 1 | 2, { left, top, right, bottom }: typeof image | typeof box) {
  const centimetres = 3;
  return {
    RegionSpatialFormat: 1, // two-dimensional
    RegionDataType: dataType,
    RegionFlags: dataType === 2 ? 0 : 1, // what lies over the other one has the priority (C.8.5.5.1.3)
    RegionLocationMinX0: left,
    RegionLocationMinY0: top,
    RegionLocationMaxX1: right,
    RegionLocationMaxY1: bottom,
    PhysicalUnitsXDirection: centimetres,
    PhysicalUnitsYDirection: centimetres,
    PhysicalDeltaX: spacingMm / 10,
    PhysicalDeltaY: spacingMm / 10,
  };
}

/** All frames, colour by pixel. */
function loop(name: string): Uint8Array {
  const frameBytes = columns * rows * 3;
  const bytes = new Uint8Array(usFrames * frameBytes);
  const speckle = speckleOf(name);
  for (let frame = 0; frame < usFrames; frame++) {
    const pixels = bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes);
    drawScan(pixels, frame, speckle);
    drawBox(pixels);
    for (const [column, row] of [usCrosses.corner, usCrosses.across, usCrosses.along]) drawCross(pixels, column, row);
    drawRuler(pixels);
    drawColourBar(pixels);
  }
  return bytes;
}

/** How hard the heart drives the blood in a frame: 1 at the height of the beat, 0.2 at rest. */
function drive(frame: number): number {
  const phase = frame / usFrames;
  return 0.2 + 0.8 * Math.exp(-(((phase - 0.22) / 0.1) ** 2)) + 0.22 * Math.exp(-(((phase - 0.52) / 0.09) ** 2));
}

function drawScan(pixels: Uint8Array, frame: number, speckle: Float32Array): void {
  const beat = drive(frame);
  const radius = 29 + 3.5 * beat; // of the lumen, in pixels: 5.8 to 6.5 mm across
  const sway = Math.round(2 * Math.sin((2 * Math.PI * frame) / usFrames));
  const drift = 4 * frame; // the blood's grain moves along
  for (let row = image.top; row <= image.bottom; row++) {
    for (let column = image.left; column <= image.right; column++) {
      const at = row * columns + column;
      const axis = 240 + 0.05 * (column - 300) + 4 * Math.sin(column / 95);
      const off = row - axis;
      const fromWall = Math.abs(off) - radius;
      const echo = brightness(row, column, fromWall) * (0.35 + 0.9 * (speckle[at + sway * columns] ?? 0));
      const grey = Math.max(0, Math.min(255, Math.round(echo)));
      const flow =
        fromWall < -2 && isInBox(column, row) ? flowAt(off / radius, beat, speckle[at - drift] as number) : 0;
      pixels.set(flow > 0.12 ? flowColour(flow) : [grey, grey, grey], at * 3);
    }
  }
}

/** What tissue gives back: skin, muscle, the walls of the vessel, none from blood; less with depth, and more behind blood. */
function brightness(row: number, column: number, fromWall: number): number {
  const depth = (row - image.top) / (image.bottom - image.top);
  if (depth < 0.03) return 190;
  if (fromWall < 0) return fromWall > -2 ? 120 : 8;
  if (fromWall < 4) return 225;
  if (fromWall < 8) return 70;
  if (fromWall < 14) return 170;
  const fascia = Math.abs(Math.sin(depth * 21 + 0.012 * column + 0.7 * Math.sin(column / 60))) < 0.12;
  const behind = depth > 0.55 ? 25 : 0;
  return (fascia ? 165 : 85) * (1.1 - 0.55 * depth) + behind;
}

function isInBox(column: number, row: number): boolean {
  return column >= box.left && column <= box.right && row >= box.top && row <= box.bottom;
}

/** Fastest in the middle (a parabola), as a part of the scale. */
function flowAt(fromAxis: number, beat: number, grain: number): number {
  return Math.max(0, beat * (1 - fromAxis * fromAxis) * (0.85 + 0.3 * grain));
}

/** Towards the probe: dark red to yellow. */
function flowColour(flow: number): [number, number, number] {
  const part = Math.min(1, flow);
  return [Math.round(90 + 165 * part), Math.round(230 * part * part), Math.round(20 * part)];
}

/** Grain as of ultrasound: noise, smoothed more across the beam than along it. Mean near 0.5. */
function speckleOf(name: string): Float32Array {
  const random = randomOf(`${name} speckle`);
  const noise = Float32Array.from({ length: columns * rows }, () => random());
  const smooth = new Float32Array(columns * rows);
  const [across, along] = [3, 1];
  for (let row = along; row < rows - along; row++) {
    for (let column = across; column < columns - across; column++) {
      let sum = 0;
      for (let y = -along; y <= along; y++)
        for (let x = -across; x <= across; x++) sum += noise[(row + y) * columns + column + x] as number;
      const mean = sum / ((2 * across + 1) * (2 * along + 1));
      smooth[row * columns + column] = Math.max(0, Math.min(1, 0.5 + (mean - 0.5) * 4.5));
    }
  }
  return smooth;
}

function dot(pixels: Uint8Array, column: number, row: number, colour: readonly number[]): void {
  pixels.set(colour, (row * columns + column) * 3);
}

function drawBox(pixels: Uint8Array): void {
  const green = [60, 200, 90];
  for (let column = box.left; column <= box.right; column++)
    for (const row of [box.top, box.bottom]) dot(pixels, column, row, green);
  for (let row = box.top; row <= box.bottom; row++)
    for (const column of [box.left, box.right]) dot(pixels, column, row, green);
}

/** Its middle pixel is the point that is meant. */
function drawCross(pixels: Uint8Array, column: number, row: number): void {
  const yellow = [255, 255, 0];
  for (let step = -7; step <= 7; step++) {
    dot(pixels, column + step, row, yellow);
    dot(pixels, column, row + step, yellow);
  }
}

/** A mark for each 5 mm of depth, a longer one for each 10. */
function drawRuler(pixels: Uint8Array): void {
  for (let row = image.top; row <= image.bottom + 1; row += 5 / spacingMm) {
    const isLong = Math.round((row - image.top) * spacingMm) % 10 === 0;
    for (let step = 0; step < (isLong ? 14 : 7); step++) dot(pixels, image.right + 8 + step, row, [200, 200, 200]);
  }
}

function drawColourBar(pixels: Uint8Array): void {
  const height = 120;
  for (let step = 0; step < height; step++) {
    const part = 1 - step / (height - 1);
    for (let column = 600; column < 616; column++) {
      dot(pixels, column, image.top + step, flowColour(part));
      const [red, green, blue] = flowColour(1 - part);
      dot(pixels, column, image.top + height + step, [blue, green, red]);
    }
  }
}
