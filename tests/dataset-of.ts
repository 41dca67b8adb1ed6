/** A data set in memory from keywords and values, as the parser would have made it: for tests of what reads data sets. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { impliedVR, tagOf } from '#dicom/data/dictionary.ts';
import { newDataset, newElement, newSequence } from '#dicom/data/new-dataset.ts';

/** Text as it stands; numbers by the VR (US where it depends on another attribute); bytes as they are; items of a sequence. */
export type TestValue = string | number | readonly number[] | Uint8Array | readonly Dataset[];

/** @param values by keyword, or by tag for elements of repeating groups */
export function datasetOf(
  values: Readonly<Record<string | number, TestValue>>,
  { bigEndian = false }: { bigEndian?: boolean } = {},
): Dataset {
  const elements = Object.entries(values).map(([name, value]) => {
    const tag = /^\d+$/.test(name) ? Number(name) : tagOf(name);
    if (isItems(value)) return newSequence(tag, value);
    const vr = impliedVR(tag);
    return newElement(tag, vr, bytesOf(vr, value, bigEndian));
  });
  return { ...newDataset(elements), bigEndian };
}

function isItems(value: TestValue): value is readonly Dataset[] {
  return Array.isArray(value) && typeof value[0] === 'object';
}

function bytesOf(vr: string, value: Exclude<TestValue, readonly Dataset[]>, bigEndian: boolean): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string' || !['US', 'SS', 'OW', 'FL', 'FD'].includes(vr)) return Buffer.from(String(value));
  const numbers = typeof value === 'number' ? [value] : value;
  const size = vr === 'FD' ? 8 : vr === 'FL' ? 4 : 2;
  const bytes = Buffer.alloc(size * numbers.length);
  numbers.forEach((number, index) => {
    if (vr === 'FD') bytes.writeDoubleLE(number, 8 * index);
    else if (vr === 'FL') bytes.writeFloatLE(number, 4 * index);
    else bytes.writeUInt16LE(number & 0xffff, 2 * index);
  });
  if (bigEndian && size === 2) bytes.swap16();
  return bytes;
}
