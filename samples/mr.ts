/**
 * An MR of the head that we compute: localizer, T1, T2, FLAIR and diffusion (PS3.3 A.4, MR Image IOD), from the relaxation times
 * and the diffusion of each tissue. Three tubes of oil stand beside the head.
 */
import { tissueAt, tissues, type Tissue } from './head.ts';
import { triangle } from './known.ts';
import { randomOf, uidOf } from './seed.ts';
import { type Sample, study } from './study.ts';
import type { Attributes } from './write.ts';

type Vector = readonly [number, number, number];

/** Where the slices lie: in the patient's coordinates, in mm. */
interface Slab {
  readonly slices: number;
  readonly size: number;
  readonly spacingMm: number;
  readonly thicknessMm: number;
  readonly betweenMm: number;
  /** Unit vectors along a row and along a column (PS3.3 C.7.6.2.1.1); the slices follow each other along their cross product. */
  readonly row: Vector;
  readonly column: Vector;
  /** The middle of the middle slice. */
  readonly middle: Vector;
}

interface Protocol extends Slab {
  readonly file: string;
  readonly description: string;
  readonly imageType: readonly string[];
  readonly sequence: Attributes;
  readonly window: readonly [center: number, width: number];
  readonly hasTubes: boolean;
  /** One picture of each slice for each of them. */
  readonly weightings: readonly { readonly attributes: Attributes; signal(tissue: Tissue): number }[];
}

const axialMm = { fieldOfView: 240, tiltDegrees: 12 } as const;
const tilt = (axialMm.tiltDegrees * Math.PI) / 180;
const axial = {
  slices: 24,
  thicknessMm: 5,
  betweenMm: 6,
  row: [1, 0, 0],
  // Along the base of the skull: higher in front.
  column: [0, Math.cos(tilt), -Math.sin(tilt)],
  middle: [0, 4, 12],
} as const;
const size = 256;
const fine = { ...axial, size, spacingMm: axialMm.fieldOfView / size } as const;
const coarse = { ...axial, size: size / 2, spacingMm: axialMm.fieldOfView / (size / 2) } as const;

/** Tubes of 8 mm across every slice of T1, T2 and FLAIR: a triangle of 45, 60 and 75 mm. */
export const mrTubes = triangle([12, 22], { across: 64, along: 48, spacingMm: fine.spacingMm });
const tubeRadius = 4 / fine.spacingMm;

const sagittal = {
  slices: 7,
  size,
  spacingMm: 1,
  thicknessMm: 6,
  betweenMm: 18,
  row: [0, 1, 0],
  column: [0, 0, -1],
  // No slice between the hemispheres.
  middle: [6, 2, -16],
} as const;

const echo = (TE: number, { T2 }: Tissue): number => Math.exp(-TE / T2);
const recovered = (TR: number, { T1 }: Tissue): number => 1 - Math.exp(-TR / T1);
const spinEcho = (TR: number, TE: number) => ({
  attributes: {},
  signal: (tissue: Tissue) => tissue.density * recovered(TR, tissue) * echo(TE, tissue),
});
const inversion = (TR: number, TE: number, TI: number) => ({
  attributes: {},
  signal: (tissue: Tissue) =>
    tissue.density * Math.abs(1 - 2 * Math.exp(-TI / tissue.T1) + Math.exp(-TR / tissue.T1)) * echo(TE, tissue),
});
/** @param b  in s/mm² */
const diffusion = (TR: number, TE: number, b: number) => ({
  attributes: {
    DiffusionBValue: b,
    DiffusionDirectionality: b === 0 ? 'NONE' : 'ISOTROPIC',
    SequenceName: `ep_b${b}`,
  },
  signal: (tissue: Tissue) =>
    tissue.ADC === 0
      ? 0
      : tissue.density * recovered(TR, tissue) * echo(TE, tissue) * Math.exp((-b * tissue.ADC) / 1000),
});
const timing = (RepetitionTime: number, EchoTime: number, EchoTrainLength: number): Attributes => ({
  RepetitionTime,
  EchoTime,
  EchoTrainLength,
  MRAcquisitionType: '2D',
  ScanOptions: '',
});

const primary = ['ORIGINAL', 'PRIMARY', 'OTHER'] as const;

const protocols: readonly Protocol[] = [
  {
    ...sagittal,
    file: 'localizer',
    description: 'Định vị đứng dọc',
    imageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'],
    sequence: { ScanningSequence: 'GR', SequenceVariant: 'SP', FlipAngle: 30, ...timing(250, 5, 1) },
    window: [450, 900],
    hasTubes: false,
    weightings: [spinEcho(420, 9)],
  },
  {
    ...fine,
    file: 't1',
    description: 'T1 SE cắt ngang',
    imageType: primary,
    sequence: { ScanningSequence: 'SE', SequenceVariant: 'NONE', FlipAngle: 90, ...timing(520, 12, 1) },
    window: [420, 800],
    hasTubes: true,
    weightings: [spinEcho(520, 12)],
  },
  {
    ...fine,
    file: 't2',
    description: 'T2 TSE cắt ngang',
    imageType: primary,
    sequence: { ScanningSequence: 'SE', SequenceVariant: 'SK', FlipAngle: 150, ...timing(4800, 102, 15) },
    window: [450, 900],
    hasTubes: true,
    weightings: [spinEcho(4800, 102)],
  },
  {
    ...fine,
    file: 'flair',
    description: 'FLAIR cắt ngang',
    imageType: primary,
    sequence: {
      ScanningSequence: ['SE', 'IR'],
      SequenceVariant: 'SK',
      FlipAngle: 150,
      InversionTime: 2450,
      ...timing(9000, 110, 17),
    },
    window: [190, 420],
    hasTubes: true,
    weightings: [inversion(9000, 110, 2450)],
  },
  {
    ...coarse,
    file: 'dwi',
    description: 'Khuếch tán (DWI) b 0, 1000',
    imageType: primary,
    sequence: { ScanningSequence: 'EP', SequenceVariant: 'SK', FlipAngle: 90, ...timing(5200, 92, 64) },
    window: [200, 400],
    hasTubes: false,
    weightings: [diffusion(5200, 92, 0), diffusion(5200, 92, 1000)],
  },
];

/** How many instances `mrSeries` gives. */
export const mrInstances = protocols.reduce((sum, { slices, weightings }) => sum + slices * weightings.length, 0);

export interface MrOptions {
  readonly seed: string;
  readonly number: number;
}

export function* mrSeries({ seed, number }: MrOptions): Generator<Sample> {
  const name = `${seed} mr ${number}`;
  const common: Attributes = {
    ...study(seed, number, 'MRI sọ não'),
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
    FrameOfReferenceUID: uidOf(`${name} frame of reference`),
    PositionReferenceIndicator: '',
    Modality: 'MR',
    BodyPartExamined: 'HEAD',
    PatientPosition: 'HFS',
    MagneticFieldStrength: 1.5,
    ImagingFrequency: 63.87,
    ImagedNucleus: '1H',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
  };
  for (const [series, protocol] of protocols.entries()) yield* instancesOf(protocol, series, name, common);
}

function* instancesOf(protocol: Protocol, series: number, name: string, common: Attributes): Generator<Sample> {
  const { file, slices, weightings, spacingMm, thicknessMm, betweenMm, size, row, column } = protocol;
  for (const [acquisition, { attributes, signal }] of weightings.entries()) {
    for (let index = 0; index < slices; index++) {
      const InstanceNumber = acquisition * slices + index + 1;
      const { corner, fromMiddleMm } = positionOf(protocol, index);
      const [WindowCenter, WindowWidth] = protocol.window;
      yield {
        name: `mr-${file}-${String(InstanceNumber).padStart(4, '0')}.dcm`,
        attributes: {
          ...common,
          ...protocol.sequence,
          ...attributes,
          SOPInstanceUID: uidOf(`${name} ${file} ${InstanceNumber}`),
          SeriesInstanceUID: uidOf(`${name} ${file}`),
          SeriesNumber: series + 1,
          SeriesDescription: protocol.description,
          ProtocolName: protocol.description,
          ImageType: protocol.imageType,
          AcquisitionNumber: acquisition + 1,
          InstanceNumber,
          SliceThickness: thicknessMm,
          SpacingBetweenSlices: betweenMm,
          ImagePositionPatient: corner,
          ImageOrientationPatient: [...row, ...column],
          SliceLocation: fromMiddleMm,
          PixelSpacing: [spacingMm, spacingMm],
          Rows: size,
          Columns: size,
          WindowCenter,
          WindowWidth,
          PixelData: slice(protocol, corner, signal, randomOf(`${name} ${file} noise ${InstanceNumber}`)),
        },
      };
    }
  }
}

/** The middle of the first pixel of a slice (Image Position), and how far the slice lies along the normal. */
function positionOf({ slices, size, spacingMm, betweenMm, row, column, middle }: Slab, index: number) {
  const fromMiddleMm = (index - (slices - 1) / 2) * betweenMm;
  const normal = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ] as const;
  const halfMm = ((size - 1) / 2) * spacingMm;
  const at = (axis: 0 | 1 | 2): number =>
    middle[axis] + fromMiddleMm * normal[axis] - halfMm * row[axis] - halfMm * column[axis];
  return { corner: [at(0), at(1), at(2)] as const, fromMiddleMm };
}

/** Stored values of one slice: signals, smoothed a little as a scanner's are, with the coil's shading and noise. */
function slice(
  { size, spacingMm, row, column, hasTubes }: Protocol,
  corner: Vector,
  signal: (tissue: Tissue) => number,
  random: () => number,
): Uint8Array {
  const ofTissue = new Map(Object.entries(tissues).map(([kind, tissue]) => [kind, 1000 * signal(tissue)]));
  const signals = new Float32Array(size * size);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const at = (axis: 0 | 1 | 2): number => corner[axis] + spacingMm * (i * row[axis] + j * column[axis]);
      const kind = hasTubes && isTube(i, j) ? 'fat' : tissueAt(at(0), at(1), at(2));
      signals[j * size + i] = ofTissue.get(kind) as number;
    }
  }
  const smooth = smoothed(signals, size);
  const pixels = new Uint16Array(size * size);
  for (let at = 0; at < pixels.length; at++) {
    const fromMiddle = Math.hypot((at % size) / size - 0.5, Math.floor(at / size) / size - 0.5);
    const shaded = (smooth[at] as number) * (0.92 + 0.5 * fromMiddle * fromMiddle);
    // The magnitude of a complex signal with noise in both parts: never below nothing.
    const noisy = Math.hypot(shaded + noise(random), noise(random));
    pixels[at] = Math.min(4095, Math.round(noisy));
  }
  return new Uint8Array(pixels.buffer);
}

function noise(random: () => number): number {
  return (random() + random() + random() - 1.5) * 18;
}

function isTube(i: number, j: number): boolean {
  return [mrTubes.corner, mrTubes.across, mrTubes.along].some(
    ([column, row]) => (i - column) ** 2 + (j - row) ** 2 <= tubeRadius ** 2,
  );
}

/** The mean of each pixel and its neighbours, weighted 1 2 1 both ways; the border stays as it is. */
function smoothed(values: Float32Array, size: number): Float32Array {
  const result = values.slice();
  const at = (index: number): number => values[index] as number;
  const across = (index: number): number => at(index - 1) + 2 * at(index) + at(index + 1);
  for (let j = 1; j < size - 1; j++) {
    for (let i = 1; i < size - 1; i++) {
      const index = j * size + i;
      result[index] = (across(index - size) + 2 * across(index) + across(index + size)) / 16;
    }
  }
  return result;
}
