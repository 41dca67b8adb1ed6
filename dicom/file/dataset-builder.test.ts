import { expect, test } from 'vitest';
import { explicit } from '#tests/dataset-bytes.ts';
import { BadDataset } from './bad-dataset.ts';
import { parseWhole } from './parse.ts';

const limits = { sequenceDepth: 4, elements: 1_000, attributeValueBytes: 1 << 16, attributeBytes: 1 << 20 };

test('items count as elements do: empty ones, too, take memory', () => {
  const item = Buffer.from('feff00e000000000', 'hex');
  const sequence = (items: number) =>
    explicit(0x00081140, 'SQ', Buffer.concat(Array.from({ length: items }, () => item)));
  const parse = (bytes: Buffer) =>
    parseWhole(bytes, { explicitVR: true, bigEndian: false }, { ...limits, pixelDataBytes: 0 });
  expect(parse(sequence(999)).elements.get(0x00081140)?.items).toHaveLength(999);
  expect(() => parse(sequence(1_000))).toThrow(BadDataset);
});
