import { expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { isInvertedAsRead, windowAsRead } from './as-read.ts';
import { readAttributesOf } from './read-attributes.ts';

type Values = Readonly<Record<string | number, TestValue>>;

const ct: Values = { Modality: 'CT', RescaleSlope: '1', RescaleIntercept: '-1024' };
const centerOf = (values: Values, isColor = false) =>
  windowAsRead(readAttributesOf(datasetOf({ ...ct, ...values }), 1, isColor))?.center;

test('a CT without a window is read at soft tissue, in Hounsfield units only', () => {
  expect(centerOf({})).toBe(40);
  expect(centerOf({ RescaleType: 'HU' })).toBe(40);
  expect(centerOf({ RescaleType: 'US' })).toBeUndefined();
  expect(centerOf({ RescaleSlope: '' })).toBeUndefined();
  expect(centerOf({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' })).toBeUndefined();
  expect(centerOf({ Modality: 'MR' })).toBeUndefined();
  expect(centerOf({}, true)).toBeUndefined();
});

test('a table of a CT says by its own type whether it gives Hounsfield units', () => {
  expect(centerOf({ ModalityLUTSequence: [datasetOf({ ModalityLUTType: 'HU' })] })).toBe(40);
  expect(centerOf({ ModalityLUTSequence: [datasetOf({ ModalityLUTType: 'US' })] })).toBeUndefined();
  expect(centerOf({ ModalityLUTSequence: [datasetOf({})], RescaleType: 'HU' })).toBeUndefined();
});

test('a localizer among the frames of an enhanced CT is known by its Frame Type', () => {
  const frameOf = (FrameType: string) => datasetOf({ CTImageFrameTypeSequence: [datasetOf({ FrameType })] });
  const frames = [frameOf('ORIGINAL\\PRIMARY\\LOCALIZER'), frameOf('ORIGINAL\\PRIMARY\\AXIAL')];
  const mixed = datasetOf({ ...ct, ImageType: 'ORIGINAL\\PRIMARY\\MIXED', PerFrameFunctionalGroupsSequence: frames });
  const centers = [1, 2].map((frame) => windowAsRead(readAttributesOf(mixed, frame, false))?.center);
  expect(centers).toEqual([undefined, 40]);
});

test('a PET is read black on white, but for what a workstation has made of it, and what is so already', () => {
  const isInverted = (values: Values, isAsItIs = true) =>
    isInvertedAsRead(readAttributesOf(datasetOf(values), 1, false), isAsItIs);
  const pet = { Modality: 'PT', SOPClassUID: '1.2.840.10008.5.1.4.1.1.128' };
  expect(isInverted(pet)).toBe(true);
  expect(isInverted(pet, false)).toBe(false);
  expect(isInverted({ ...pet, SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' })).toBe(false);
  expect(isInverted({ Modality: 'NM' })).toBe(false);
});
