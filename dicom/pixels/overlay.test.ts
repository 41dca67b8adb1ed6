import { describe, expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { drawOverlay } from './overlay-plane.ts';
import { overlaysOf } from './overlay.ts';

type Values = Readonly<Record<number, TestValue>>;
const plane: Values = {
  0x60000010: 2,
  0x60000011: 3,
  0x60000040: 'G',
  0x60000050: [1, 1],
  0x60000100: 1,
  0x60000102: 0,
};

/** What is drawn on 3 × 4 black pixels, as rows of '#' and '.'. */
function drawn(
  values: Values,
  { frame = 1, bigEndian = false, cells = [] as number[], unusedBits = true } = {},
): string[] {
  const picture = { rows: 3, columns: 4, channels: 1, bytes: new Uint8Array(12) };
  const cellBits = unusedBits ? { bitsAllocated: 16, bitsStored: 12, highBit: 11 } : undefined;
  for (const overlay of overlaysOf(datasetOf(values, { bigEndian }), frame, cellBits))
    drawOverlay(overlay, picture, (index) => cells[index] ?? 0);
  const text = [...picture.bytes].map((byte) => (byte === 255 ? '#' : '.')).join('');
  return [text.slice(0, 4), text.slice(4, 8), text.slice(8)];
}

test('points are bits, the lowest of a byte first, row after row without a gap', () => {
  expect(drawn({ ...plane, 0x60003000: [0b110_101] })).toEqual(['#.#.', '.##.', '....']);
});

test('words of a big endian data set hold the same bits', () => {
  expect(drawn({ ...plane, 0x60003000: [0b110_101] }, { bigEndian: true })).toEqual(['#.#.', '.##.', '....']);
});

test('the origin places the overlay, also partly outside of the image', () => {
  expect(drawn({ ...plane, 0x60000050: [2, 3], 0x60003000: [0b111_111] })).toEqual(['....', '..##', '..##']);
  expect(drawn({ ...plane, 0x60000050: [0, -1 & 0xffff], 0x60003000: [0b111_111] })).toEqual(['#...', '....', '....']);
});

test('a region of interest is not drawn', () => {
  expect(drawn({ ...plane, 0x60000040: 'R', 0x60003000: [0b111_111] })).toEqual(['....', '....', '....']);
});

test('every group of overlays is drawn', () => {
  const second = Object.fromEntries(Object.entries(plane).map(([tag, value]) => [Number(tag) + 0x1e0000, value]));
  const values = { ...plane, 0x60003000: [0b000_001], ...second, 0x601e3000: [0b100_000] };
  expect(drawn(values)).toEqual(['#...', '..#.', '....']);
});

describe('overlays of several frames', () => {
  const values = { ...plane, 0x60000015: '2', 0x60000051: 3, 0x60003000: [0b100_000_000_001] };

  test('lie on the frames from their origin on, one each', () => {
    expect(drawn(values, { frame: 2 })).toEqual(['....', '....', '....']);
    expect(drawn(values, { frame: 3 })).toEqual(['#...', '....', '....']);
    expect(drawn(values, { frame: 4 })).toEqual(['....', '..#.', '....']);
    expect(drawn(values, { frame: 5 })).toEqual(['....', '....', '....']);
  });

  test('one that begins at a later frame lies on that alone, also where it has no other', () => {
    const one = { ...values, 0x60000015: '1' };
    expect(drawn(one, { frame: 3 })).toEqual(['#...', '....', '....']);
    for (const frame of [1, 2, 4]) expect(drawn(one, { frame })).toEqual(['....', '....', '....']);
  });

  test('an overlay of one frame lies on all of them', () => {
    expect(drawn({ ...plane, 0x60003000: [1] }, { frame: 9 })).toEqual(['#...', '....', '....']);
  });
});

test('points in unused bits of the pixel cells are drawn, unless compression has taken those bits away', () => {
  const values = { ...plane, 0x60000010: 3, 0x60000011: 4, 0x60000100: 16, 0x60000102: 15 };
  const cells = [0x8000, 0x7fff, 0, 0, 0, 0, 0xffff];
  expect(drawn(values, { cells })).toEqual(['#...', '..#.', '....']);
  expect(drawn(values, { cells, unusedBits: false })).toEqual(['....', '....', '....']);
});

test('a bit of the stored value is no point, though an overlay without points names it', () => {
  const values = { ...plane, 0x60000010: 3, 0x60000011: 4, 0x60000100: 16 };
  for (const bit of [0, 11, 16]) {
    const cells = Array.from({ length: 12 }, () => 0xffff);
    expect(drawn({ ...values, 0x60000102: bit }, { cells })).toEqual(['....', '....', '....']);
  }
});

test('an overlay whose data is too short is not drawn at all', () => {
  expect(drawn({ ...plane, 0x60000010: 100, 0x60003000: [0xffff] })).toEqual(['....', '....', '....']);
});
