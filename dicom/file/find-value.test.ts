import { describe, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { inPieces } from '#tests/corpus.ts';
import { explicit } from '#tests/dataset-bytes.ts';
import { findValue, findValueIn } from './find-value.ts';

const explicitLittle = { explicitVR: true, bigEndian: false };
const item = (bytes: Buffer): Buffer => {
  const header = Buffer.from('feff00e000000000', 'hex');
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};
const wave = (fill: number): Buffer => explicit(0x54001010, 'OW', Buffer.alloc(50, fill));
const dataset = Buffer.concat([
  explicit(0x00080060, 'CS', 'ECG'),
  explicit(0x00420011, 'OB', Buffer.alloc(1_000_000, 1)),
  explicit(0x54000100, 'SQ', Buffer.concat([item(wave(2)), item(Buffer.concat([wave(3)]))])),
  explicit(0x7fe00010, 'OW', Buffer.alloc(400_000, 4)),
]);

describe('a value is found', () => {
  const reads: [number, number][] = [];
  const find = (path: number[]) =>
    findValue(
      async (offset, length) => {
        reads.push([offset, length]);
        return dataset.subarray(offset, offset + length);
      },
      dataset.length,
      explicitLittle,
      path,
      limits.dataset,
    );
  const valueAt = async (path: number[]) => {
    const place = await find(path);
    return place && dataset.subarray(place.offset, place.offset + place.length);
  };

  test.each([
    ['at the top', [0x00420011], Buffer.alloc(1_000_000, 1)],
    ['in the first item of a sequence', [0x54000100, 1, 0x54001010], Buffer.alloc(50, 2)],
    ['in a later item', [0x54000100, 2, 0x54001010], Buffer.alloc(50, 3)],
    ['behind everything', [0x7fe00010], Buffer.alloc(400_000, 4)],
  ])('%s', async (_name, path, value) => {
    expect((await valueAt(path))?.equals(value)).toBe(true);
    for await (const size of [1, 1000, 100_000]) {
      const place = await findValueIn(inPieces(dataset, size), explicitLittle, path, limits.dataset);
      expect(place?.length).toBe(value.length);
    }
  });

  test.each([
    ['an element that is not there', [0x00100010]],
    ['an item that is not there', [0x54000100, 3, 0x54001010]],
    ['a way through what is no sequence', [0x00080060, 1, 0x54001010]],
    ['a sequence itself', [0x54000100]],
  ])('not: %s', async (_name, path) => expect(await find(path)).toBeUndefined());

  test('without reading the long values on the way', async () => {
    reads.length = 0;
    await find([0x7fe00010]);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(300_000);
  });
});
