import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { toldApart } from './told-apart.ts';

const told = (...instances: Record<string, unknown[]>[]) => toldApart(instances.map(dataset));
const one = { '00200013': [1] };

test('films are told apart by their numbers, and by nothing else where that is enough', () => {
  expect(told({ ...one, '00080032': ['101500'] }, { '00200013': [2], '00080032': ['101600'] })).toEqual([
    { instanceNumber: 1 },
    { instanceNumber: 2 },
  ]);
});

test('films of one number are told apart by what else differs: description, time of acquisition, kind of image', () => {
  expect(told({ ...one, '00082120': ['REST'] }, { ...one, '00082120': ['STRESS'] })).toEqual([
    { description: 'REST' },
    { description: 'STRESS' },
  ]);
  expect(told({ ...one, '00080032': ['101500'] }, { ...one, '0008002A': ['20261101101600'] })).toEqual([
    { acquiredAt: '101500' },
    { acquiredAt: '101600' },
  ]);
  const kind = (value: string) => ({ ...one, '00080008': ['DERIVED', 'PRIMARY', value] });
  expect(told(kind('SINGLE PLANE'), kind('BIPLANE A'))).toEqual([
    { imageType: 'SINGLE PLANE' },
    { imageType: 'BIPLANE A' },
  ]);
});

test('one that has a number of its own has nothing else said of it', () => {
  expect(told({ ...one, '00080032': ['1015'] }, { ...one, '00080032': ['1016'] }, { '00200013': [2] })).toEqual([
    { instanceNumber: 1, acquiredAt: '1015' },
    { instanceNumber: 1, acquiredAt: '1016' },
    { instanceNumber: 2 },
  ]);
});

test('what nothing tells apart is counted', () => {
  expect(told({}, {}, one)).toEqual([
    { alike: { number: 1, of: 2 } },
    { alike: { number: 2, of: 2 } },
    { instanceNumber: 1 },
  ]);
});
