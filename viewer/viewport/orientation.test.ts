import { expect, test } from 'vitest';
import { edgeLetters, flipped, isMirrored, rotated, sideOf, unturned } from './orientation.ts';

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

test('an enhanced image says for each frame how it lies, and of which side it is', () => {
  const sequence = (item: object) => ({ vr: 'SQ', Value: [item] });
  const lies = sequence({ '00200020': { vr: 'CS', Value: ['A', 'FR'] } });
  const of = (side: string) => sequence({ '00209071': sequence({ '00209072': { vr: 'CS', Value: [side] } }) });
  expect(edgeLetters({ '52009229': sequence({ '00209450': lies }) })).toMatchObject({ left: 'P', top: 'HL' });
  expect(sideOf({ '52009229': of('R'), '52009230': { vr: 'SQ', Value: [{}, of('L')['Value'][0]!] } }, 2)).toBe('L');
  expect(sideOf({ '52009229': of('R'), '52009230': { vr: 'SQ', Value: [{}] } }, 1)).toBe('R');
  expect(sideOf({ '52009229': of('U') })).toBeUndefined();
});

test('the letters follow rotation and flips as they are seen on the screen', () => {
  const axial = withCosines([1, 0, 0, 0, 1, 0]);
  const right = rotated(unturned, 90);
  expect(edgeLetters(axial, 1, right)).toEqual({ top: 'R', right: 'A', bottom: 'L', left: 'P' });
  expect(edgeLetters(axial, 1, flipped(right, 'horizontal'))).toEqual({ top: 'R', right: 'P', bottom: 'L', left: 'A' });
  expect(edgeLetters(axial, 1, flipped(unturned, 'vertical'))).toEqual({
    top: 'P',
    right: 'L',
    bottom: 'A',
    left: 'R',
  });
  expect(edgeLetters({ '00200020': { vr: 'CS', Value: ['L', 'F'] } }, 1, right)).toMatchObject({
    top: 'R',
    right: 'H',
  });
});

test('four turns, and two flips, change nothing', () => {
  const turned = [90, 90, 90, 90].reduce((turn, degrees) => rotated(turn, degrees as 90), unturned);
  expect(turned).toEqual(unturned);
  const mirrored = flipped(rotated(unturned, -90), 'horizontal');
  expect(isMirrored(mirrored)).toBe(true);
  expect(flipped(mirrored, 'horizontal')).toEqual(rotated(unturned, -90));
});
