import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { hasOverlayInCells, overlaysOn } from './overlay-planes.ts';

const overlayIn = (bit: number) => {
  const instance = dataset({
    '00280002': [1],
    '00280100': [16],
    '00280101': [12],
    '00280102': [11],
    '60000010': [4],
    '60000011': [4],
    '60000040': ['G'],
    '60000100': [16],
    '60000102': [bit],
  });
  const { overlays } = overlaysOn({ imageId: '', instance, SOPInstanceUID: '1.2', frameNumber: 1 }, true);
  return [hasOverlayInCells(instance), overlays.length];
};

test('points of an overlay may stand in the bits beside a value, and in none of the value itself', () => {
  expect(overlayIn(12)).toEqual([true, 1]);
  for (const bit of [0, 11, 16]) expect(overlayIn(bit)).toEqual([false, 0]);
});
