import { expect, test } from 'vitest';
import { edgeLetters } from './orientation.ts';

const withCosines = (cosines: unknown[]) => ({ '00200037': { vr: 'DS', Value: cosines } });

test('the edges of axial, coronal and sagittal images are named as the patient lies', () => {
  expect(edgeLetters(withCosines([1, 0, 0, 0, 1, 0]))).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  expect(edgeLetters(withCosines([1, 0, 0, 0, 0, -1]))).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
  expect(edgeLetters(withCosines([0, 1, 0, 0, 0, -1]))).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
});

test('an oblique image has the main direction first', () => {
  expect(edgeLetters(withCosines([0.9, 0.436, 0, 0, 0, -1]))).toMatchObject({ right: 'LP', left: 'RA' });
});

test('without cosines Patient Orientation is used, and without both there are no letters', () => {
  expect(edgeLetters({ '00200020': { vr: 'CS', Value: ['L', 'F'] } })).toMatchObject({ left: 'R', top: 'H' });
  expect(edgeLetters({})).toBeUndefined();
  expect(edgeLetters({ '00200020': { vr: 'CS', Value: ['<b>', 'F'] } })).toBeUndefined();
});
