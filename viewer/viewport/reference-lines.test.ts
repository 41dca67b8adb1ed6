import { describe, expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { displaySets, type Frame } from './display-sets.ts';
import { crossing, outermost } from './reference-lines.ts';

interface Series {
  cosines: number[];
  /** of each slice */
  positions: number[][];
  /** between rows and between columns */
  spacing?: [number, number];
  rows?: number;
  columns?: number;
  reference?: string;
  modality?: string;
}

const ds = (...Value: number[]) => ({ vr: 'DS', Value });

function common({ spacing = [1, 1], rows = 100, columns = 100, reference = '1.9', modality = 'MR' }: Series) {
  return {
    '7FE00010': { vr: 'OW' },
    '00080060': { vr: 'CS', Value: [modality] },
    '00200052': { vr: 'UI', Value: [reference] },
    '00280030': ds(...spacing),
    '00280010': { vr: 'US', Value: [rows] },
    '00280011': { vr: 'US', Value: [columns] },
  };
}

function framesOf(series: Series): Frame[] {
  const slices = series.positions.map((position, at): JsonDataset => ({
    ...common(series),
    '00080018': { vr: 'UI', Value: [`1.${at + 1}`] },
    '00200013': { vr: 'IS', Value: [at + 1] },
    '00200037': ds(...series.cosines),
    '00200032': ds(...position),
  }));
  return displaySets('1.2', '1.2.3', slices)[0]!.frames;
}

/** The same as one enhanced instance: planes in its functional groups, of each frame its own (C.7.6.16.2.3 and .4). */
function enhanced(series: Series): Frame[] {
  const { '00280030': spacing, ...rest } = common(series);
  const instance: JsonDataset = {
    ...rest,
    '00080018': { vr: 'UI', Value: ['1.77'] },
    '00280008': { vr: 'IS', Value: [series.positions.length] },
    '52009229': {
      vr: 'SQ',
      Value: [
        {
          '00289110': { vr: 'SQ', Value: [{ '00280030': spacing }] },
          '00209116': { vr: 'SQ', Value: [{ '00200037': ds(...series.cosines) }] },
        },
      ],
    },
    '52009230': {
      vr: 'SQ',
      Value: series.positions.map((position) => ({
        '00209113': { vr: 'SQ', Value: [{ '00200032': ds(...position) }] },
      })),
    },
  };
  return displaySets('1.2', '1.2.4', [instance])[0]!.frames;
}

/** 100 mm each way around x = 0, y = 0. */
const axial: Series = {
  cosines: [1, 0, 0, 0, 1, 0],
  positions: [-20, 0, 35].map((z) => [-49.5, -49.5, z]),
};
/** Rows of 0.5 mm, columns of 0.8 mm; the middle of its first pixel is at y = -40, z = 60. */
const sagittal: Series = {
  cosines: [0, 1, 0, 0, 0, -1],
  positions: [[3, -40, 60]],
  spacing: [0.5, 0.8],
  rows: 200,
  columns: 120,
};

const expectLine = (line: ReturnType<typeof crossing>, [from, to]: [number[], number[]]) => {
  const [left, right] = [...line!].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (const [found, wanted] of [
    [left!, from],
    [right!, to],
  ] as const) {
    expect(found[0]).toBeCloseTo(wanted[0]!, 6);
    expect(found[1]).toBeCloseTo(wanted[1]!, 6);
  }
};

describe.each([
  ['of instances', framesOf],
  ['of an enhanced instance', enhanced],
])('a line %s', (_, made) => {
  test('of an axial slice lies on a sagittal image where its plane does, as far as both reach', () => {
    const [image] = made(sagittal);
    const slices = made(axial);
    // z = 35 is 25 mm below the first row: 50 rows of 0.5 mm. The slice reaches from y = -50 to 50, the image from -40.4 to 55.6.
    expectLine(crossing(slices[2]!, image!), [
      [-0.5, 50],
      [112.5, 50],
    ]);
    expectLine(crossing(slices[0]!, image!), [
      [-0.5, 160],
      [112.5, 160],
    ]);
  });

  test('of a sagittal slice stands upright in an axial image', () => {
    const [slice] = made(sagittal);
    const [, image] = made(axial);
    // x = 3 is 52.5 columns from -49.5; y from -40.4 (row 9.1) to 55.6, which is beyond the last row's edge at 50.
    expectLine(crossing(slice!, image!), [
      [52.5, 9.1],
      [52.5, 99.5],
    ]);
  });

  test('of a slice that is turned by 30° about the axis from left to right runs aslant', () => {
    const [cos, sin] = [Math.sqrt(3) / 2, 1 / 2];
    // Its middle, (0, 0, 0), is the middle of its image.
    const oblique = made({ cosines: [1, 0, 0, 0, cos, sin], positions: [[-49.5, -49.5 * cos, -49.5 * sin]] });
    const [image] = made({ ...sagittal, positions: [[3, -60, 60]], spacing: [1, 1], rows: 121, columns: 121 });
    // From 50 mm before the middle to 50 mm behind it: y and z are ±50 cos, ±50 sin.
    expectLine(crossing(oblique[0]!, image!), [
      [60 - 50 * cos, 60 + 50 * sin],
      [60 + 50 * cos, 60 - 50 * sin],
    ]);
  });

  test('is there only where the planes meet within both images', () => {
    const [image] = made(sagittal);
    const beside = made({ ...axial, positions: [[20, -49.5, 0]] }); // from x = 19.5 on; the image lies at x = 3
    expect(crossing(beside[0]!, image!)).toBeUndefined();
    const above = made({ ...axial, positions: [[-49.5, -49.5, 61]] }); // the image ends at z = 60.25
    expect(crossing(above[0]!, image!)).toBeUndefined();
  });
});

test('no line is drawn between parallel slices, other frames of reference, and what is no slice', () => {
  const [image] = framesOf(sagittal);
  const [slice] = framesOf(axial);
  const nineDegrees = (9 * Math.PI) / 180;
  const askew = { ...axial, cosines: [1, 0, 0, 0, Math.cos(nineDegrees), Math.sin(nineDegrees)] };
  expect(crossing(framesOf(askew)[0]!, slice!)).toBeUndefined();
  expect(crossing(slice!, framesOf({ ...sagittal, reference: '1.8' })[0]!)).toBeUndefined();
  expect(crossing(framesOf({ ...axial, reference: '' })[0]!, framesOf({ ...sagittal, reference: '' })[0]!)).toBe(
    undefined,
  );
  // What says a spacing of its detector only.
  expect(crossing(slice!, framesOf({ ...sagittal, modality: 'XA' })[0]!)).toBeUndefined();
  expect(crossing(slice!, image!)).toBeDefined();
});

test('the outermost slices are those at the ends, in whatever order they are; a slice alone has none', () => {
  const frames = framesOf(axial);
  const shuffled = [frames[1]!, frames[2]!, frames[0]!];
  expect(outermost(frames[1]!, shuffled)).toEqual([frames[0], frames[2]]);
  expect(outermost(frames[1]!, [frames[1]!])).toEqual([]);
});
