import { expect, test } from 'vitest';
import { datasetOf } from '#tests/dataset-of.ts';
import { lookUp, lookupTableOf } from './lookup-table.ts';

const attributes = { descriptor: 0x00283002, data: 0x00283006 };

test('a number of entries of 0 means 65,536', () => {
  const data = Buffer.alloc(2 * 65_536);
  for (let entry = 0; entry < 65_536; entry++) data.writeUInt16LE(65_535 - entry, 2 * entry);
  const table = lookupTableOf(datasetOf({ LUTDescriptor: [0, 0, 16], LUTData: data }), attributes, false)!;
  expect([table.entries.length, lookUp(table, 0), lookUp(table, 65_535)]).toEqual([65_536, 65_535, 0]);
});

test('the first input is signed where inputs are, whatever the VR that was implied', () => {
  const dataset = datasetOf({ LUTDescriptor: [2, 0xf800, 8], LUTData: [1, 2] });
  expect(lookupTableOf(dataset, attributes, true)!.first).toBe(-2048);
  expect(lookupTableOf(dataset, attributes, false)!.first).toBe(0xf800);
});

test('entries of 8 bits lie one to a word or two, in either byte order', () => {
  const descriptor = [4, 0, 8];
  const oneEach = datasetOf({ LUTDescriptor: descriptor, LUTData: [1, 2, 3, 4] });
  const packed = datasetOf({ LUTDescriptor: descriptor, LUTData: [0x0201, 0x0403] });
  const packedBig = datasetOf({ LUTDescriptor: descriptor, LUTData: [0x0201, 0x0403] }, { bigEndian: true });
  for (const dataset of [oneEach, packed, packedBig])
    expect([...lookupTableOf(dataset, attributes, false)!.entries]).toEqual([1, 2, 3, 4]);
});

test('entries that are larger than the descriptor says count in full', () => {
  const dataset = datasetOf({ LUTDescriptor: [2, 0, 8], LUTData: [0, 1023] });
  expect(lookupTableOf(dataset, attributes, false)!.bits).toBe(10);
});

test('a table that ends early goes on with its last entry; one without data is none', () => {
  const short = lookupTableOf(datasetOf({ LUTDescriptor: [9, 0, 16], LUTData: [5, 6] }), attributes, false)!;
  expect(lookUp(short, 8)).toBe(6);
  expect(lookupTableOf(datasetOf({ LUTDescriptor: [9, 0, 16] }), attributes, false)).toBeUndefined();
  expect(lookupTableOf(datasetOf({ LUTData: [5, 6] }), attributes, false)).toBeUndefined();
});
