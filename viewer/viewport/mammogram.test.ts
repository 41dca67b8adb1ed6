import { expect, test } from 'vitest';
import { displaySets } from './display-sets.ts';
import { leaningOf } from './mammogram.ts';
import { flipped, unturned } from './orientation.ts';

/** @param alongRow  where the rows of the image lead: to the front or to the back */
function breast(side: string | undefined, alongRow: 'A' | 'P', modality = 'MG') {
  const attributes = {
    '00080018': ['1.1'],
    '00080060': [modality],
    '00200020': [alongRow, 'F'],
    ...(side && { '00200062': [side] }),
    '00280010': [8],
    '00280011': [8],
    '7FE00010': [0],
  };
  const instance = Object.fromEntries(Object.entries(attributes).map(([tag, Value]) => [tag, { vr: 'UN', Value }]));
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
