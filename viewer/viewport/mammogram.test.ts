import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { displaySets } from './display-sets.ts';
import { comparedExtent, isOfWholeBreast, leaningOf } from './mammogram.ts';
import { flipped, unturned } from './orientation.ts';

/** @param alongRow  where the rows of the image lead: to the front or to the back */
function breast(side: string | undefined, alongRow: 'A' | 'P', modality = 'MG', more: Record<string, unknown[]> = {}) {
  const attributes = {
    '00080018': ['1.1'],
    '00080060': [modality],
    '00200020': [alongRow, 'F'],
    ...(side && { '00200062': [side] }),
    '00280010': [8],
    '00280011': [8],
    '7FE00010': [0],
    ...more,
  };
  const instance = dataset(attributes);
  return displaySets('1', '1.0', [instance])[0]!.frames[0]!;
}

test('a breast leans to its chest wall, towards the other breast', () => {
  expect(leaningOf(breast('R', 'P'), unturned)).toBe('right');
  expect(leaningOf(breast('L', 'A'), unturned)).toBe('left');
  expect(leaningOf(breast(undefined, 'A'), unturned)).toBe('left');
  expect(leaningOf(breast('R', 'P', 'DX'), unturned)).toBeUndefined();
});

test('none leans away from the other one, however it is stored or turned', () => {
  expect(leaningOf(breast('R', 'A'), unturned)).toBeUndefined();
  expect(leaningOf(breast('L', 'P'), unturned)).toBeUndefined();
  expect(leaningOf(breast('R', 'P'), flipped(unturned, 'horizontal'))).toBeUndefined();
  expect(leaningOf(breast('R', 'A'), flipped(unturned, 'horizontal'))).toBe('right');
});

test('what was rolled or pushed aside is compared as it is; what was magnified, or is of a spot, is not', () => {
  const spacing = { '00181164': [0.1, 0.1] };
  const seen = (more: Record<string, unknown[]>) => {
    const frame = breast('R', 'P', 'MG', { ...spacing, ...more });
    return [isOfWholeBreast(frame.instance), comparedExtent(frame) !== undefined];
  };
  const modified = (code: string) => {
    const modifier = { '00080100': { vr: 'SH', Value: [code] } };
    return { '00540220': [{ '00540222': { vr: 'SQ', Value: [modifier] } }] };
  };
  expect(seen({})).toEqual([true, true]);
  expect(seen({ '00181114': [1.07] })).toEqual([true, true]);
  for (const code of ['399209000', 'R-102D5', '399226006', 'R-102D3'])
    expect(seen(modified(code))).toEqual([false, true]);
  for (const code of ['399163009', 'R-102D6', '399055006', 'R-102D7'])
    expect(seen(modified(code))).toEqual([false, false]);
  expect(seen({ '00181114': [1.8] })).toEqual([false, false]);
});
