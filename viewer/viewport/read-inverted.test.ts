import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { isReadInverted } from './read-inverted.ts';

const inverted = (attributes: Record<string, unknown[]>) =>
  isReadInverted({ instance: dataset({ '00080060': ['PT'], '00280004': ['MONOCHROME2'], ...attributes }) });

test('a PET is read black on white, and nothing else', () => {
  expect(inverted({})).toBe(true);
  expect(inverted({ '00080060': ['CT'] })).toBe(false);
  // A page that a workstation has captured.
  expect(inverted({ '00080016': ['1.2.840.10008.5.1.4.1.1.7'] })).toBe(false);
});

test('a PET that is black on white already, by a table of its own or fused in colours stays as it is', () => {
  expect(inverted({ '20500010': [dataset({})] })).toBe(false);
  expect(inverted({ '00280004': ['MONOCHROME1'] })).toBe(false);
  expect(inverted({ '20500020': ['INVERSE'] })).toBe(false);
  expect(inverted({ '00280002': [3], '00280004': ['RGB'] })).toBe(false);
  expect(inverted({ '00280004': ['PALETTE COLOR'] })).toBe(false);
});
