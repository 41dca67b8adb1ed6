/**
 * One body cut in two planes, computed: axial and sagittal slices of one frame of reference. What is bright in it is known: a ball, and
 * a sheet that fills one axial slice and is one row thick in each sagittal one.
 */
import { ctSeries } from '#samples/ct.ts';
import type { Attributes } from '#samples/write.ts';

type Vector = readonly [number, number, number];

interface Stack {
  name: string;
  number: number;
  row: Vector;
  column: Vector;
  /** where the middle of the first pixel of a slice lies, mm */
  from: (slice: number) => Vector;
  count: number;
  /** mm between rows, and between columns */
  spacing: readonly [number, number];
  rows: number;
  columns: number;
  thicknessMm: number;
  modality?: string;
}

/** The middle of the ball, mm. */
export const ball: Vector = [-18, 30, 27];
const ballRadiusMm = 4;
/** The sheet: axial slice 10, row 40 of the sagittal ones. */
export const sheet = { slice: 10, z: 75 - 10 * 4.8 };
export const study = '2.25.4100';

export const axial: Stack = {
  name: 'axial',
  number: 1,
  row: [1, 0, 0],
  column: [0, 1, 0],
  from: (slice) => [-80, -75, 75 - slice * 4.8],
  count: 32,
  spacing: [1.5, 1.25],
  rows: 100,
  columns: 128,
  thicknessMm: 4.8,
};

export const sagittal: Stack = {
  name: 'sagittal',
  number: 2,
  row: [0, 1, 0],
  column: [0, 0, -1],
  from: (slice) => [-60 + slice * 6, -70, 75],
  count: 21,
  spacing: [1.2, 1.2],
  rows: 125,
  columns: 120,
  thicknessMm: 6,
};

const [ct] = [...ctSeries({ seed: 'crossing', number: 1, slices: 1 })];

export function slicesOf(stack: Stack): Attributes[] {
  return Array.from({ length: stack.count }, (_, slice) => ({
    ...ct!.attributes,
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${stack.number}`,
    SOPInstanceUID: `${study}.${stack.number}.${slice + 1}`,
    FrameOfReferenceUID: `${study}.0`,
    SeriesNumber: stack.number,
    SeriesDescription: stack.name,
    Modality: stack.modality ?? 'CT',
    InstanceNumber: slice + 1,
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    Rows: stack.rows,
    Columns: stack.columns,
    PixelSpacing: stack.spacing,
    SliceThickness: stack.thicknessMm,
    ImageOrientationPatient: [...stack.row, ...stack.column],
    ImagePositionPatient: stack.from(slice),
    RescaleIntercept: 0,
    WindowCenter: 500,
    WindowWidth: 1000,
    PixelData: pixelsOf(stack, slice),
  }));
}

function pixelsOf({ row, column, from, spacing, rows, columns, thicknessMm }: Stack, slice: number): Uint8Array {
  const origin = from(slice);
  const isAxial = row[0] === 1;
  const values = new Uint16Array(rows * columns);
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) {
      const at = origin.map(
        (value, axis) => value + c * spacing[1] * row[axis]! + r * spacing[0] * column[axis]!,
      ) as unknown as Vector;
      const away = [0, 1, 2].map((axis) => Math.abs(at[axis]! - ball[axis]!));
      // Across the slice it is as thick as that.
      const across = isAxial ? 2 : 0;
      const inSlice = away[across]! <= thicknessMm / 2;
      const aside = Math.hypot(...away.filter((_, axis) => axis !== across));
      const isBall = inSlice && aside <= ballRadiusMm;
      const isSheet = Math.abs(at[2] - sheet.z) < 0.3;
      values[r * columns + c] = isBall ? 1000 : isSheet ? 600 : 100;
    }
  }
  return new Uint8Array(values.buffer);
}
