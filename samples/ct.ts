/**
 * A chest CT that we compute: axial slices of 512 × 512, 12 bits in 16 (PS3.3 A.3, CT Image IOD). Under the patient lies a pad
 * with rods of known density and three wires, as for the measuring of bone.
 */
import { triangle } from './known.ts';
import { randomOf, uidOf } from './seed.ts';
import { type Sample, study } from './study.ts';
import { air, type Ellipsoid, part, thorax } from './thorax.ts';

const size = 512;
const spacingMm = 0.75;
/** Stored 0 is −1024 HU. */
const rescaleIntercept = -1024;
const noiseHounsfield = 18;
/** Where x and y of the patient's coordinates are 0, in pixels. */
const middle = (size - 1) / 2;

/** Steel wires of 3 mm in every slice, at the corners of a triangle of 36, 48 and 60 mm. */
export const ctWires = triangle([223, 469], { across: 64, along: -48, spacingMm });
/** Rods of 18 mm in every slice: their middle as a pixel (column, row), and their mean. */
export const ctRods = [
  { column: 122, row: 445, hounsfield: -100 },
  { column: 176, row: 445, hounsfield: 0 },
  { column: 336, row: 445, hounsfield: 200 },
  { column: 390, row: 445, hounsfield: 400 },
] as const;

export interface CtOptions {
  readonly seed: string;
  /** Of the study; see `study`. */
  readonly number: number;
  readonly slices: number;
}

export function* ctSeries({ seed, number, slices }: CtOptions): Generator<Sample> {
  const name = `${seed} ct ${number}`;
  const anatomy = [...thorax(name), ...calibrationPad()];
  const common = study(seed, number, 'CT ngực không tiêm thuốc');
  // The lungs' 300 mm, however many slices they are cut into.
  const thicknessMm = Math.max(0.5, Number((300 / slices).toPrecision(3)));
  const corner = -middle * spacingMm;
  for (let index = 0; index < slices; index++) {
    const z = (index - (slices - 1) / 2) * thicknessMm;
    yield {
      name: `ct-${String(index + 1).padStart(4, '0')}.dcm`,
      attributes: {
        ...common,
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
        SOPInstanceUID: uidOf(`${name} instance ${index}`),
        SeriesInstanceUID: uidOf(`${name} series`),
        FrameOfReferenceUID: uidOf(`${name} frame of reference`),
        PositionReferenceIndicator: '',
        Modality: 'CT',
        SeriesNumber: 1,
        SeriesDescription: 'Ngực 1',
        BodyPartExamined: 'CHEST',
        ProtocolName: 'Chest',
        PatientPosition: 'HFS',
        ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        AcquisitionNumber: 1,
        InstanceNumber: index + 1,
        KVP: 120,
        SliceThickness: thicknessMm,
        SpacingBetweenSlices: thicknessMm,
        ImagePositionPatient: [corner, corner, z],
        ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
        SliceLocation: z,
        PixelSpacing: [spacingMm, spacingMm],
        SamplesPerPixel: 1,
        PhotometricInterpretation: 'MONOCHROME2',
        Rows: size,
        Columns: size,
        BitsAllocated: 16,
        BitsStored: 12,
        HighBit: 11,
        PixelRepresentation: 0,
        RescaleIntercept: rescaleIntercept,
        RescaleSlope: 1,
        RescaleType: 'HU',
        WindowCenter: [40, -550],
        WindowWidth: [400, 1500],
        WindowCenterWidthExplanation: ['Trung thất', 'Phổi'],
        PixelData: slice(anatomy, z, randomOf(`${name} noise ${index}`)),
      },
    };
  }
}

/** So long that within the picture its ends are not noticed. */
function calibrationPad(): Ellipsoid[] {
  const lengthMm = 1e5;
  const at = (index: number): number => (index - middle) * spacingMm;
  return [
    part(0, at(445), 0, 150, 22, lengthMm, 60),
    ...ctRods.map(({ column, row, hounsfield }) => part(at(column), at(row), 0, 9, 9, lengthMm, hounsfield)),
    ...[ctWires.corner, ctWires.across, ctWires.along].map(([column, row]) =>
      part(at(column), at(row), 0, 1.5, 1.5, lengthMm, 2500),
    ),
  ];
}

/** Stored values of one slice, row by row from the front right of the patient. */
function slice(anatomy: readonly Ellipsoid[], z: number, random: () => number): Uint8Array {
  const pixels = new Uint16Array(size * size).fill(air - rescaleIntercept);
  for (const { x, y, z: centre, radiusX, radiusY, radiusZ, hounsfield } of anatomy) {
    const height = 1 - ((z - centre) / radiusZ) ** 2;
    if (height <= 0) continue;
    const halfRows = (radiusY * Math.sqrt(height)) / spacingMm;
    const firstRow = Math.max(0, Math.ceil(middle + y / spacingMm - halfRows));
    const lastRow = Math.min(size - 1, Math.floor(middle + y / spacingMm + halfRows));
    for (let row = firstRow; row <= lastRow; row++) {
      const rest = height - (((row - middle) * spacingMm - y) / radiusY) ** 2;
      const halfColumns = (radiusX * Math.sqrt(Math.max(0, rest))) / spacingMm;
      const first = Math.max(0, Math.ceil(middle + x / spacingMm - halfColumns));
      const last = Math.min(size - 1, Math.floor(middle + x / spacingMm + halfColumns));
      pixels.fill(hounsfield - rescaleIntercept, row * size + first, row * size + Math.max(first, last + 1));
    }
  }
  for (let i = 0; i < pixels.length; i++) {
    // The sum of two even spreads is near enough to the noise of a scanner.
    const noise = (random() + random() - 1) * 2 * noiseHounsfield;
    pixels[i] = Math.max(0, Math.min(4095, Math.round((pixels[i] as number) + noise)));
  }
  return new Uint8Array(pixels.buffer);
}
