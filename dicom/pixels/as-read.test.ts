import { expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { isInvertedAsRead, windowAsRead } from './as-read.ts';

type Values = Readonly<Record<string | number, TestValue>>;

const ct: Values = { Modality: 'CT', RescaleSlope: '1', RescaleIntercept: '-1024' };
const centerOf = (values: Values) => windowAsRead(datasetOf({ ...ct, ...values }), 1)?.center;

test('a CT without a window is read at soft tissue, in Hounsfield units only', () => {
  expect(centerOf({})).toBe(40);
  expect(centerOf({ RescaleType: 'HU' })).toBe(40);
  expect(centerOf({ RescaleType: 'US' })).toBeUndefined();
  expect(centerOf({ RescaleSlope: '' })).toBeUndefined();
  expect(centerOf({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' })).toBeUndefined();
  expect(centerOf({ Modality: 'MR' })).toBeUndefined();
});

test('a PET is read black on white, but for what a workstation has made of it', () => {
  const isInverted = (values: Values) => isInvertedAsRead(datasetOf(values));
  expect(isInverted({ Modality: 'PT', SOPClassUID: '1.2.840.10008.5.1.4.1.1.128' })).toBe(true);
  expect(isInverted({ Modality: 'PT', SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' })).toBe(false);
  expect(isInverted({ Modality: 'NM' })).toBe(false);
});
