import { expect, test } from 'vitest';
import { dragSpeed, dragWindow, presetsFor, windowOver, windowsInFile } from './windows.ts';

const dataset = (attributes: Record<string, unknown[]>) =>
  Object.fromEntries(Object.entries(attributes).map(([tag, Value]) => [tag, { vr: 'DS', Value }]));

test('every window of the file is offered, with its explanation', () => {
  const windows = windowsInFile(
    dataset({ '00281050': [36, '-600'], '00281051': [360, '2000'], '00281055': ['WINDOW1', 'WINDOW2'] }),
  );
  expect(windows).toMatchObject([
    { center: 36, width: 360, explanation: 'WINDOW1' },
    { center: -600, width: 2000, explanation: 'WINDOW2' },
  ]);
});

test('a width below 1, or missing, is no window', () => {
  expect(windowsInFile(dataset({ '00281050': [1, 2], '00281051': [0] }))).toEqual([]);
});

test('only CT has windows in Hounsfield units', () => {
  expect(presetsFor(dataset({ '00080060': ['CT'] })).map(({ name }) => name)).toContain('presetLung');
  expect(presetsFor(dataset({ '00080060': ['MR'] }))).toEqual([]);
});

test('an image without a window is shown over all its values', () => {
  expect(windowOver(0, 255)).toEqual({ center: 128, width: 256 });
  expect(windowOver(7, 7).width).toBeGreaterThan(1);
});

test('dragging sideways widens the window and never closes it, up and down moves its centre', () => {
  expect(dragWindow({ center: 40, width: 400 }, 10, -5, 4)).toEqual({ center: 20, width: 440 });
  expect(dragWindow({ center: 40, width: 4 }, -100, 0, 4).width).toBe(1);
});

test('a thousand pixels of drag cross the range of the image, and a range of nothing still moves', () => {
  expect(dragSpeed(-1024, 3072)).toBe(4);
  expect(dragSpeed(5, 5)).toBeGreaterThan(0);
});
