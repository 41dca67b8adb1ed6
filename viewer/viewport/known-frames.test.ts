import { expect, test } from 'vitest';
import type { Frame } from './display-sets.ts';
import { forgetFrames, knowFrames, knownFrame, leaveFrames } from './known-frames.ts';

const frame = (imageId: string): Frame => ({ imageId, instance: {}, SOPInstanceUID: imageId, frameNumber: 1 });
const known = () => ['first', 'second', 'third'].filter((imageId) => knownFrame(imageId));

test('frames are known while their studies are open and until the next ones are left, not for as long as the page is', () => {
  knowFrames([frame('first')]);
  leaveFrames();
  expect(known()).toEqual(['first']);
  knowFrames([frame('second')]);
  expect(known()).toEqual(['first', 'second']);
  leaveFrames();
  knowFrames([frame('third')]);
  expect(known()).toEqual(['second', 'third']);
  forgetFrames();
  expect(known()).toEqual([]);
});
