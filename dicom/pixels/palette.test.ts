import { expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { entryAs8Bits } from './lookup-table.ts';
import { type Palette, paletteOf } from './palette.ts';

/** The same table for all three colours. */
function palette(descriptor: readonly number[], data: TestValue, segmented = false, bigEndian = false): Palette {
  const values = ['Red', 'Green', 'Blue'].flatMap((colour) => [
    [`${colour}PaletteColorLookupTableDescriptor`, descriptor] as const,
    [`${segmented ? 'Segmented' : ''}${colour}PaletteColorLookupTableData`, data] as const,
  ]);
  return paletteOf(datasetOf(Object.fromEntries(values), { bigEndian }), false)!;
}

const reds = ({ red }: Palette, inputs: readonly number[]): number[] => inputs.map((input) => entryAs8Bits(red, input));

test('entries of 16 bits give their high byte, and inputs beyond the ends the outermost entries', () => {
  expect(reds(palette([3, 10, 16], [0x1100, 0x80ff, 0xff00]), [0, 10, 11, 12, 99])).toEqual([
    0x11, 0x11, 0x80, 0xff, 0xff,
  ]);
});

test('entries of 8 bits are taken as they are', () => {
  expect(reds(palette([4, 0, 8], Buffer.from([1, 2, 3, 4])), [0, 1, 2, 3])).toEqual([1, 2, 3, 4]);
});

/** PS3.3 C.7.9.2.1 … 3: discrete, linear and indirect segments. */
test('segments are expanded: discrete ones, linear ones, and those that repeat earlier ones', () => {
  const segments = [
    0, 1, 0, /* to 400 in 4 steps */ 1, 4, 0x4000, /* the two above again, from word 0 on */ 2, 2, 0, 0,
  ];
  const table = palette([10, 0, 16], segments, true).red;
  expect([...table.entries]).toEqual([0, 0x1000, 0x2000, 0x3000, 0x4000, 0, 0x1000, 0x2000, 0x3000, 0x4000]);
});

test('segments of 8-bit entries are bytes, two to a word', () => {
  const segments = Buffer.from([0, 2, 10, 20, 1, 2, 40, 0]);
  expect([...palette([4, 0, 8], segments, true).red.entries]).toEqual([10, 20, 30, 40]);
});

test('an indirect segment of 8-bit entries says in four bytes where it leads, and the next one follows them', () => {
  const segments = Buffer.from([0, 2, 10, 20, 1, 2, 40, /* the first again */ 2, 1, 0, 0, 0, 0, 0, 2, 7, 9, 0]);
  expect([...palette([8, 0, 8], segments, true).red.entries]).toEqual([10, 20, 30, 40, 10, 20, 7, 9]);
});

test('segments that are damaged end the table instead of going on for ever', () => {
  const toItself = [2, 5, 0, 0];
  expect(paletteOf(datasetOf({ RedPaletteColorLookupTableDescriptor: [9, 0, 16] }), false)).toBeUndefined();
  for (const segments of [toItself, [0, 1, 7, ...toItself], [9, 9, 9, 9], [1, 5]])
    expect(() => palette([10, 0, 16], segments, true)).not.toThrow();
});

test('a segment of nothing ends the table: very many of them, repeated, would take minutes to no end', () => {
  const behind = [0, 1, 9];
  for (const nothing of [
    [0, 0],
    [1, 0, 9],
    [2, 0, 0, 0],
  ])
    expect(palette([10, 0, 16], [0, 1, 7, ...nothing, ...behind], true).red.entries).toEqual(Uint16Array.of(7));
  // Among those that are repeated it ends them, and only them.
  const repeated = [2, 3, /* from word 7 on */ 7, 0, 0, 1, 9, 0, 1, 7, 0, 0, 0, 1, 8];
  expect([...palette([10, 0, 16], repeated, true).red.entries]).toEqual([7, 9, 7]);
});
