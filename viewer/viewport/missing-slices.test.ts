import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { displaySets } from './display-sets.ts';

const slice = (number: number, z: number): JsonDataset => ({
  '00080018': { vr: 'UI', Value: [`1.${number}`] },
  '7FE00010': { vr: 'OW' },
  '00280010': { vr: 'US', Value: [512] },
  '00280011': { vr: 'US', Value: [512] },
  '00200013': { vr: 'IS', Value: [number] },
  '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
  '00200032': { vr: 'DS', Value: [0, 0, z] },
});

const gapsOf = (...slices: [number: number, z: number][]) =>
  displaySets(
    '1.2',
    '1.2.3',
    slices.map(([number, z]) => slice(number, z)),
  )[0]!.gaps;

const numbers = (...list: number[]) => list.map((number): [number, number] => [number, number * 2.5]);

test('a whole volume has no gaps', () => {
  expect(gapsOf(...numbers(1, 2, 3, 4, 5, 6))).toEqual([]);
});

test('slices that are missing in places and in numbers are told, with where and how many', () => {
  expect(gapsOf(...numbers(1, 2, 3, 4, 6, 7, 8, 11, 12, 13))).toEqual([
    { after: 3, count: 1 },
    { after: 6, count: 2 },
  ]);
});

test('every other number, as one of two echoes has it, is no gap; one left out of those is', () => {
  expect(gapsOf([1, 0], [3, 5], [5, 10], [7, 15], [9, 20])).toEqual([]);
  expect(gapsOf([1, 0], [3, 5], [7, 15], [9, 20], [11, 25])).toEqual([{ after: 1, count: 1 }]);
});

test('a gap that the modality made on purpose is none, and neither is a number that it left out', () => {
  expect(gapsOf([1, 0], [2, 5], [3, 10], [4, 40], [5, 45], [6, 50])).toEqual([]);
  expect(gapsOf([1, 0], [2, 5], [3, 10], [8, 15], [9, 20], [10, 25])).toEqual([]);
});

test('of a few images nobody can tell', () => {
  expect(gapsOf(...numbers(1, 2, 4))).toEqual([]);
});
