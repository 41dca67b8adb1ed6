/**
 * A chest radiograph that we compute from the same chest: what X-rays lose on their way from back to front
 * (PS3.3 A.2, CR Image IOD). Three lead beads lie on the skin, and a letter tells the sides apart.
 */
import { triangle } from './known.ts';
import { randomOf, uidOf } from './seed.ts';
import { type Sample, study } from './study.ts';
import { type Ellipsoid, thorax } from './thorax.ts';

const columns = 1760;
const rows = 2140;
const spacingMm = 0.2;
/** Stored values for each millimetre of water on the way, and for none. */
const perWaterMm = 16;
const clear = 260;
const noise = 12;

/** Lead beads of 4 mm: a triangle of 60, 80 and 100 mm, measured at the detector (Imager Pixel Spacing). */
export const crBeads = triangle([220, 1840], { across: 400, along: -300, spacingMm });
const beadRadius = 2 / spacingMm;
/** R of lead at the patient's right: a column for each bit, the topmost row first. */
const letter = [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001];
const letterAt = { column: 110, row: 110, strokePixels: 14 } as const;

export interface CrOptions {
  readonly seed: string;
  readonly number: number;
}

export function* crSeries({ seed, number }: CrOptions): Generator<Sample> {
  const name = `${seed} cr ${number}`;
  yield {
    name: 'cr-0001.dcm',
    attributes: {
      ...study(seed, number, 'X-quang ngực thẳng'),
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.1',
      SOPInstanceUID: uidOf(`${name} instance`),
      SeriesInstanceUID: uidOf(`${name} series`),
      Modality: 'CR',
      SeriesNumber: 1,
      SeriesDescription: 'Ngực thẳng',
      BodyPartExamined: 'CHEST',
      ViewPosition: 'PA',
      PatientOrientation: ['L', 'F'],
      ImageType: ['ORIGINAL', 'PRIMARY'],
      InstanceNumber: 1,
      KVP: 125,
      ImagerPixelSpacing: [spacingMm, spacingMm],
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
      WindowCenter: 2048,
      WindowWidth: 3600,
      PixelData: projection(thorax(name), randomOf(`${name} noise`)),
    },
  };
}

/** Stored values, bright where much was lost; the patient's right is on the left, the head on top. */
function projection(anatomy: readonly Ellipsoid[], random: () => number): Uint8Array {
  const waterMm = new Float32Array(rows * columns);
  for (const part of anatomy) {
    const { x, z, radiusX, radiusY, radiusZ } = part;
    const density = densityBeyondSurroundings(part);
    const top = Math.max(0, Math.ceil(rows / 2 - (z + radiusZ) / spacingMm));
    const bottom = Math.min(rows - 1, Math.floor(rows / 2 - (z - radiusZ) / spacingMm));
    for (let row = top; row <= bottom; row++) {
      const height = 1 - (((rows / 2 - row) * spacingMm - z) / radiusZ) ** 2;
      if (height <= 0) continue;
      const half = (radiusX * Math.sqrt(height)) / spacingMm;
      const first = Math.max(0, Math.ceil(columns / 2 + x / spacingMm - half));
      const last = Math.min(columns - 1, Math.floor(columns / 2 + x / spacingMm + half));
      for (let column = first; column <= last; column++) {
        const depth = height - (((column - columns / 2) * spacingMm - x) / radiusX) ** 2;
        const at = row * columns + column;
        if (depth > 0) waterMm[at] = (waterMm[at] as number) + 2 * radiusY * Math.sqrt(depth) * density;
      }
    }
  }
  const pixels = new Uint16Array(rows * columns);
  for (let i = 0; i < pixels.length; i++) {
    const value = clear + perWaterMm * (waterMm[i] as number) + (random() + random() - 1) * 2 * noise;
    pixels[i] = Math.max(0, Math.min(4095, Math.round(value)));
  }
  drawLead(pixels);
  return new Uint8Array(pixels.buffer);
}

/** Nothing gets through lead. */
function drawLead(pixels: Uint16Array): void {
  for (const [column, row] of [crBeads.corner, crBeads.across, crBeads.along])
    for (let y = -beadRadius; y <= beadRadius; y++)
      for (let x = -beadRadius; x <= beadRadius; x++)
        if (x * x + y * y <= beadRadius ** 2) pixels[(row + y) * columns + column + x] = 4095;
  const { column, row, strokePixels } = letterAt;
  letter.forEach((bits, line) => {
    for (let at = 0; at < 5; at++) {
      if (!(bits & (0b10000 >> at))) continue;
      for (let y = 0; y < strokePixels; y++) {
        const start = (row + line * strokePixels + y) * columns + column + at * strokePixels;
        pixels.fill(4095, start, start + strokePixels);
      }
    }
  });
}

/** Water is 1, air 0 (that is what Hounsfield units say), less what the part it lies in has counted already. */
function densityBeyondSurroundings({ hounsfield, radiusX, radiusZ }: Ellipsoid): number {
  const own = (hounsfield + 1000) / 1000;
  if (radiusX > 160) return own; // the outermost: nothing around it
  if (radiusX > 150) return own - 0.905; // muscle within fat
  // The spine and the ribs would hide everything: real bones are hollow.
  const inLung = radiusX < 30 && radiusZ < 20 && hounsfield < 100;
  return (own - (inLung ? 0.14 : 1.045)) * (hounsfield > 200 ? 0.8 : 1);
}
