import { expect, test } from 'vitest';
import { Curves } from './curves.ts';
import type { LookupTable } from './lookup-table.ts';
import type { Window } from './windows.ts';

const table = (entries: number[], bits = 8): LookupTable => ({ first: 0, bits, entries: Uint16Array.from(entries) });
const linear = (center: number, width: number): Window => ({ center, width, shape: 'LINEAR' });

function toldCurves() {
  const told = new Map<string, readonly number[]>();
  return { told, curves: new Curves((name, greys) => told.set(name, greys)) };
}

test('a straight line is no curve', () => {
  const { told, curves } = toldCurves();
  for (const shape of ['LINEAR', 'LINEAR_EXACT'] as const)
    expect(curves.nameOf({ window: { center: 40, width: 400, shape } })).toBeUndefined();
  expect(told.size).toBe(0);
});

test('a window that is dragged is the same curve all the way, also from image to image with the same table', () => {
  const { told, curves } = toldCurves();
  const names = new Set<string | undefined>();
  for (let step = 0; step < 500; step += 1)
    names.add(curves.nameOf({ window: linear(step, 1 + step), presentationLut: table([0, 200, 255]) }));
  for (let step = 1; step < 500; step += 1)
    names.add(curves.nameOf({ window: { center: step, width: step, shape: 'SIGMOID' } }));
  expect([names.size, told.size]).toEqual([2, 2]);
});

test('each table, each shape and each of them together is a curve of its own', () => {
  const { told, curves } = toldCurves();
  const voi: Window = { ...linear(1, 3), table: table([0, 10, 255]) };
  const shown = [
    { window: linear(1, 3), presentationLut: table([0, 255]) },
    { window: linear(1, 3), presentationLut: table([255, 0]) },
    { window: { ...linear(1, 3), shape: 'SIGMOID' as const } },
    { window: { ...linear(1, 3), shape: 'SIGMOID' as const }, presentationLut: table([255, 0]) },
    { window: voi },
    { window: voi, presentationLut: table([255, 0]) },
    { window: { ...voi, table: table([0, 20, 255]) } },
  ];
  expect(new Set(shown.map((each) => curves.nameOf(each))).size).toBe(shown.length);
  expect(told.size).toBe(shown.length);
});

test('a curve goes from one end of the range of its window to the other', () => {
  const { told, curves } = toldCurves();
  const greysOf = (window: Window, presentationLut?: LookupTable) =>
    told.get(curves.nameOf({ window, presentationLut })!)!.map((grey) => Math.round(255 * grey));
  const falling = greysOf(linear(-7, 1), table([...Array(256).keys()].toReversed()));
  expect([falling[0], falling[512], falling.at(-1)]).toEqual([255, 127, 0]);
  const sigmoid = greysOf({ center: 1000, width: 10, shape: 'SIGMOID' });
  expect([sigmoid[0], sigmoid[512], sigmoid.at(-1)]).toEqual([1, 128, 254]);
  const steps = greysOf({ center: 0, width: 0, table: table([0, 80, 160, 255]) });
  expect([0, 255, 256, 511, 512, 767, 768, 1023].map((at) => steps[at])).toEqual([0, 0, 80, 80, 160, 160, 255, 255]);
});
