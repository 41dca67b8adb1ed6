import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import type { Frame } from './display-sets.ts';
import type { FramePixels } from './frame-pixels.ts';
import { StackWindows } from './stack-windows.ts';

let frames = 0;

function frame(attributes: Record<string, unknown[]> = {}, frameNumber = 1): Frame {
  const instance: JsonDataset = Object.fromEntries(
    Object.entries(attributes).map(([tag, Value]) => [tag, { vr: 'UN', Value }]),
  );
  return { imageId: '', instance, SOPInstanceUID: `1.2.${(frames += 1)}`, frameNumber };
}

const values = (smallest: number, largest: number, color = false): FramePixels => ({
  color,
  values: new Uint8Array(),
  smallest,
  largest,
  negative: false,
  padding: undefined,
});

const inFile = { '00281050': [40], '00281051': [400] };
const axial = { '00200037': [1, 0, 0, 0, 1, 0] };

test('grey and coloured images of one series have each their own window, whichever comes first', () => {
  for (const first of ['grey', 'colour']) {
    const windows = new StackWindows();
    const grey = () => windows.of(frame(inFile), values(-1000, 3000));
    const colour = () => windows.of(frame(), values(0, 255, true));
    for (const look of first === 'grey' ? [grey, colour] : [colour, grey]) look();
    expect(grey()).toMatchObject({ center: 40, width: 400 });
    expect(colour()).toMatchObject({ center: 128, width: 256 });
  }
});

test('a window that was chosen stays from image to image of its kind, until it is given up', () => {
  const windows = new StackWindows();
  windows.choose({ center: 1, width: 2 }, false);
  expect(windows.of(frame(inFile), values(0, 9))).toMatchObject({ center: 1, width: 2 });
  expect(windows.of(frame(), values(0, 255, true))).toMatchObject({ center: 128 });
  windows.reset();
  expect(windows.of(frame(inFile), values(0, 9))).toMatchObject({ center: 40 });
});

test('what a set was left with is where it goes on, apart from where it was left', () => {
  const left = new StackWindows();
  left.of(frame(axial), values(0, 9));
  left.choose({ center: 1, width: 2 }, false);
  const here = new StackWindows(left);
  expect(here.of(frame(axial), values(0, 4000))).toMatchObject({ center: 1, width: 2 });
  here.reset();
  expect(here.of(frame(axial), values(0, 4000)).width).toBe(9);
  expect(left.of(frame(axial), values(0, 4000))).toMatchObject({ center: 1, width: 2 });
});

test('where no window is given, slices share one, the frames of a film share one, and radiographs have each their own', () => {
  const windows = new StackWindows();
  const widthOf = (of: Frame, largest: number) => windows.of(of, values(0, largest)).width;
  expect([widthOf(frame(axial), 1000), widthOf(frame(axial), 4000)]).toEqual([1000, 1000]);
  expect([widthOf(frame(), 300), widthOf(frame(), 4000)]).toEqual([300, 4000]);
  const film = frame();
  expect([widthOf(film, 100), widthOf({ ...film, frameNumber: 2 }, 200)]).toEqual([100, 100]);
});

test('an empty slice at the beginning does not decide how bright the others are', () => {
  const windows = new StackWindows();
  const empty = frame(axial);
  const nothing = { ...values(0, 0), isEven: true, possible: { smallest: 0, largest: 4095 } };
  expect(windows.of(empty, nothing)).toMatchObject({ width: 4095 });
  expect(windows.of(empty, nothing)).toBe(windows.of(empty, nothing));
  expect(windows.of(frame(axial), values(0, 900))).toMatchObject({ width: 900 });
  // From then on it looks as each other one that is empty.
  for (const each of [frame(axial), empty]) expect(windows.of(each, nothing)).toMatchObject({ width: 900 });
});

test('a drag over an empty slice goes through the values of the others, or all that there could be', () => {
  const windows = new StackWindows();
  const nothing = { ...values(0, 0), isEven: true, possible: { smallest: 0, largest: 4095 } };
  expect(windows.valuesFor(frame(axial), nothing)).toEqual({ smallest: 0, largest: 4095 });
  windows.of(frame(axial), values(0, 900));
  expect(windows.valuesFor(frame(axial), nothing)).toMatchObject({ smallest: 0, largest: 900 });
  expect(windows.valuesFor(frame(axial), values(10, 20))).toMatchObject({ smallest: 10, largest: 20 });
});

test('nor does one that has padding beside its one value', () => {
  const windows = new StackWindows();
  const padded = { ...values(-2000, 0), isEven: true };
  expect(windows.of(frame(axial), padded)).toMatchObject({ center: -1000, width: 2000 });
  expect(windows.of(frame(axial), values(0, 900))).toMatchObject({ center: 450, width: 900 });
});

test('the planes of a grid of doses share a window over the highest dose of those that were shown', () => {
  const windows = new StackWindows();
  const dose = { ...frame({ ...axial, '3004000E': [0.001] }), SOPInstanceUID: '1.2.3' };
  const widthOf = (frameNumber: number, largest: number) =>
    windows.of({ ...dose, frameNumber }, { ...values(0, largest), isEven: largest === 0 }).width;
  expect([widthOf(2, 0.4), widthOf(3, 62.5), widthOf(4, 3), widthOf(2, 0.4)]).toEqual([0.4, 62.5, 62.5, 62.5]);
  expect(widthOf(1, 0)).toBe(62.5);
  expect(windows.of({ ...dose, frameNumber: 3 }, values(0.1, 62.5))).toBe(windows.of(dose, values(0, 1)));
});

test('the parts of a concatenation share a window, as the frames of one film do', () => {
  const windows = new StackWindows();
  const part = (largest: number, uid = '2.25.1') => windows.of(frame({ '00209161': [uid] }), values(0, largest)).width;
  expect([part(100), part(4000), part(300, '2.25.2')]).toEqual([100, 100, 300]);
});

test('the same window is the same object each time', () => {
  const windows = new StackWindows();
  const one = frame(inFile);
  expect(windows.of(one, values(0, 1))).toBe(windows.of(one, values(0, 1)));
});
