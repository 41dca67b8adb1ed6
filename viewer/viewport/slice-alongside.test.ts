import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { displaySets } from './display-sets.ts';
import { phaseOf, sliceAlongside } from './slice-alongside.ts';

interface Series {
  count: number;
  /** z of the first slice, in mm */
  from: number;
  betweenMm: number;
  cosines?: number[];
  reference?: string;
  rows?: number;
}

/** Down the column of which the slices lie, at `x`, `y`, 0 the corner of each. */
function framesOf({ count, from, betweenMm, cosines = [1, 0, 0, 0, 1, 0], reference = '1.9', rows = 100 }: Series) {
  const slices = Array.from({ length: count }, (_, at): JsonDataset => ({
    '00080018': { vr: 'UI', Value: [`1.${at + 1}`] },
    '7FE00010': { vr: 'OW' },
    '00200013': { vr: 'IS', Value: [at + 1] },
    ...(reference && { '00200052': { vr: 'UI', Value: [reference] } }),
    '00200037': { vr: 'DS', Value: cosines },
    '00200032': { vr: 'DS', Value: [0, 0, from + at * betweenMm] },
    '00280030': { vr: 'DS', Value: [1, 1] },
    '00280010': { vr: 'US', Value: [rows] },
    '00280011': { vr: 'US', Value: [100] },
  }));
  return displaySets('1.2', '1.2.3', slices)[0]!.frames;
}

const thin = framesOf({ count: 41, from: -20, betweenMm: 1 });
const thick = framesOf({ count: 9, from: -20, betweenMm: 5 });

test('the nearest slice along the normal is found, and beyond the end the last one', () => {
  expect(sliceAlongside(thin[12]!, thick)).toBe(2); // -8 mm: between -10 and -5
  expect(sliceAlongside(thick[3]!, thin)).toBe(15);
  expect(sliceAlongside(thin[40]!, thick.slice(0, 5))).toBe(4);
});

test('of several phases at one place the one is found that is shown, in whichever order they come', () => {
  const phases = [1, 2, 3].map(() => framesOf({ count: 5, from: 0, betweenMm: 5 }));
  const phaseByPhase = phases.flat();
  const placeByPlace = phases[0]!.flatMap((_, at) => phases.map((phase) => phase[at]!));
  const leader = phases[0]![4]!;
  expect([0, 7, 12].map((at) => phaseOf(at, phaseByPhase))).toEqual([0, 1, 2]);
  expect([0, 7, 11].map((at) => phaseOf(at, placeByPlace))).toEqual([0, 1, 2]);
  expect([0, 1, 2].map((phase) => sliceAlongside(leader, phaseByPhase, phase))).toEqual([4, 9, 14]);
  expect([0, 1, 2].map((phase) => sliceAlongside(leader, placeByPlace, phase))).toEqual([12, 13, 14]);
  expect(sliceAlongside(leader, phaseByPhase.slice(0, -1), 2)).toBe(4); // the last phase has no slice there
  expect(sliceAlongside(leader, phaseByPhase)).toBe(4);
});

test('slices that are a little askew are compared at their middle', () => {
  const tilt = (6 * Math.PI) / 180;
  const askew = framesOf({ count: 41, from: -20, betweenMm: 1, cosines: [1, 0, 0, 0, Math.cos(tilt), Math.sin(tilt)] });
  // Their middle lies 49.5 mm down the column, and so by its sine higher than their corner.
  expect(sliceAlongside(thin[20]!, askew)).toBe(20 - Math.round(49.5 * Math.sin(tilt)));
});

test('nothing is said of another plane, another frame of reference, or where there is none', () => {
  expect(
    sliceAlongside(thin[0]!, framesOf({ count: 5, from: 0, betweenMm: 1, cosines: [0, 1, 0, 0, 0, -1] })),
  ).toBeUndefined();
  expect(sliceAlongside(thin[0]!, framesOf({ count: 5, from: 0, betweenMm: 1, reference: '1.8' }))).toBeUndefined();
  const unplaced = framesOf({ count: 5, from: 0, betweenMm: 1, reference: '' });
  expect(sliceAlongside(unplaced[0]!, unplaced)).toBeUndefined();
  expect(sliceAlongside(thin[0]!, [])).toBeUndefined();
});
