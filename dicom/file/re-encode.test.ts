import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { explicit, us } from '#tests/dataset-bytes.ts';
import { datasets, essence } from '#tests/datasets.ts';
import { elementHeader, itemHeader } from './element-header.ts';
import { parseWhole } from './parse.ts';
import { ReEncoder } from './re-encode.ts';
import { serializeDataset } from './serialize.ts';

const implicitLittle = { explicitVR: false, bigEndian: false };
const explicitLittle = { explicitVR: true, bigEndian: false };
const explicitBig = { explicitVR: true, bigEndian: true };

function reEncoded(bytes: Buffer, from: typeof explicitLittle, to: typeof explicitLittle, pieceBytes: number): Buffer {
  const encoder = new ReEncoder(from, to.explicitVR, limits.dataset);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    out.push(...encoder.write(bytes.subarray(at, at + pieceBytes)).map((each) => Buffer.from(each)));
  encoder.end();
  return Buffer.concat(out);
}

describe('a data set in another encoding', () => {
  test.each([
    ['from Explicit VR Big Endian', explicitBig, explicitLittle, true],
    ['from Implicit VR Little Endian', implicitLittle, explicitLittle, false],
    ['to Implicit VR Little Endian', explicitLittle, implicitLittle, false],
  ])('says the same %s, however the bytes are chopped', (_name, from, to, privates) => {
    fc.assert(
      fc.property(datasets(privates, from.bigEndian), fc.integer({ min: 1, max: 200 }), (dataset, pieceBytes) => {
        const bytes = reEncoded(serializeDataset(dataset, from), from, to, pieceBytes);
        expect(essence(parseWhole(bytes, to, limits.dataset))).toEqual(essence(dataset));
      }),
      { numRuns: 300 },
    );
  });

  test('a value that is too long for the header of its VR is written as UN', () => {
    const long = Buffer.alloc(70_000, '1.5\\');
    const header = Buffer.from('063050000000000000', 'hex').subarray(0, 8);
    header.writeUInt32LE(long.length, 4);
    const bytes = reEncoded(Buffer.concat([header, long]), implicitLittle, explicitLittle, 1000);
    expect(bytes.toString('latin1', 4, 6)).toBe('UN');
    expect(bytes.readUInt32LE(8)).toBe(long.length);
    expect(bytes.subarray(12).equals(long)).toBe(true);
  });

  test('what is US or SS is decided by Pixel Representation', () => {
    const padding = (representation: number): string => {
      const signed = Buffer.from('280003010200000001000000', 'hex').subarray(0, 10);
      signed.writeUInt16LE(representation, 8);
      const value = Buffer.from('2800200102000000d0f8', 'hex');
      const bytes = reEncoded(Buffer.concat([signed, value]), implicitLittle, explicitLittle, 7);
      return bytes.toString('latin1', 14, 16);
    };
    expect([padding(0), padding(1)]).toEqual(['US', 'SS']);
  });

  test.each([
    [
      '32 bits in OW are turned around as a whole, as their frames are',
      32,
      'OW',
      '00130ee8fff01234',
      'e80e13003412f0ff',
    ],
    ['16 bits in OB stay as they are, for OB is bytes in every syntax', 16, 'OB', '0013fff0', '0013fff0'],
    ['8 bits in OW are swapped with their neighbours', 8, 'OW', '01020304', '02010403'],
    ['8 bits in OB stay as they are', 8, 'OB', '01020304', '01020304'],
  ])('samples of %s', (_name, bits, vr, stored, expected) => {
    const inBigEndian = (tag: number, elementVR: string, value: Buffer): Buffer =>
      Buffer.concat([elementHeader(tag, elementVR, value.length, true, true), value]);
    const item = inBigEndian(0x00280100, 'US', Buffer.from([0, 8]));
    const bytes = Buffer.concat([
      inBigEndian(0x00280100, 'US', Buffer.from([0, bits])),
      // An icon's own description is not the image's (PS3.3 C.7.6.1.1.6).
      inBigEndian(0x00880200, 'SQ', Buffer.concat([itemHeader(item.length, true), item])),
      inBigEndian(0x7fe00010, vr, Buffer.from(stored, 'hex')),
    ]);
    for (const pieceBytes of [3, 1000])
      expect(
        reEncoded(bytes, explicitBig, explicitLittle, pieceBytes)
          .subarray(-expected.length / 2)
          .toString('hex'),
      ).toBe(expected);
  });

  test('a value of odd length is padded, and group lengths are left out', () => {
    const odd = Buffer.from('0800600043530300435420', 'hex').subarray(0, 11);
    const length = explicit(0x00080000, 'UL', Buffer.from([11, 0, 0, 0]));
    const rows = explicit(0x00280010, 'US', us(16));
    const bytes = reEncoded(Buffer.concat([length, odd, rows]), explicitLittle, explicitLittle, 5);
    expect(bytes.equals(Buffer.concat([explicit(0x00080060, 'CS', 'CT  '), rows]))).toBe(true);
  });
});
