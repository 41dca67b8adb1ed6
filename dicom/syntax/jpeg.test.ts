import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodeJpeg } from './jpeg.ts';

const image = (differs: Partial<ImagePixel> = {}): ImagePixel => ({
  ...plainImage({ rows: 16, columns: 24 }, { bitsStored: 8, samples: 3 }),
  photometricInterpretation: 'YBR_FULL_422',
  ...differs,
});

/** One red picture, which is far from grey in YCbCr. */
const red = sharp({ create: { width: 24, height: 16, channels: 3, background: '#ff0000' } });
const colour = await red.clone().jpeg({ chromaSubsampling: '4:2:0' }).toBuffer();
const whole = await red.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
const grey = await red.clone().greyscale().toColourspace('b-w').jpeg().toBuffer();

/** The stream with this application segment, and no other. */
function withSegment(jpeg: Buffer, segment: string): Buffer {
  let at = 2;
  while ((jpeg[at + 1] as number) >= 0xe0 && (jpeg[at + 1] as number) <= 0xef) at += 2 + jpeg.readUInt16BE(at + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from(segment, 'hex'), jpeg.subarray(at)]);
}
const jfif = 'ffe000104a46494600010100000100010000';
const adobe = (transform: number): string => `ffee000e41646f62650064000000000${transform}`;

describe('a JPEG frame', () => {
  test('of YBR becomes RGB', async () => {
    const frame = await decodeJpeg(colour, image());
    expect(frame.photometricInterpretation).toBe('RGB');
    expect(frame.bytes.length).toBe(24 * 16 * 3);
    for (const [i, value] of [255, 0, 0].entries())
      expect(Math.abs((frame.bytes[i] as number) - value)).toBeLessThan(4);
  });

  test('of YBR in a data set that says RGB keeps its samples, and says what they are', async () => {
    const frame = await decodeJpeg(colour, image({ photometricInterpretation: 'RGB' }));
    expect(frame.photometricInterpretation).toBe('YBR_FULL');
    // Red (PS3.3 C.7.6.3.1.2): Y 76, Cb 85, Cr 255.
    for (const [i, value] of [76, 85, 255].entries())
      expect(Math.abs((frame.bytes[i] as number) - value)).toBeLessThan(4);
  });

  test('with more scans than anybody writes is not begun', async () => {
    const progressive = await red.clone().jpeg({ progressive: true }).toBuffer();
    const last = progressive.lastIndexOf(Buffer.from('ffda', 'hex'));
    const scan = progressive.subarray(last, last + 2 + progressive.readUInt16BE(last + 2));
    const many = Buffer.concat([
      progressive.subarray(0, -2),
      ...Array<Buffer>(300).fill(scan),
      progressive.subarray(-2),
    ]);
    expect((await decodeJpeg(progressive, image())).photometricInterpretation).toBe('RGB');
    expect(() => decodeJpeg(many, image())).toThrow(/^3\d\d scans in a JPEG stream/);
  });

  test('is believed about its colour before a data set that says otherwise', async () => {
    const colourOf = async (jpeg: Buffer, photometricInterpretation: string): Promise<string> =>
      (await decodeJpeg(jpeg, image({ photometricInterpretation }))).photometricInterpretation;
    expect(await colourOf(withSegment(whole, jfif), 'RGB')).toBe('YBR_FULL');
    expect(await colourOf(withSegment(colour, ''), 'RGB')).toBe('YBR_FULL');
    expect(await colourOf(withSegment(whole, ''), 'RGB')).toBe('RGB');
    expect(await colourOf(withSegment(whole, adobe(0)), 'YBR_FULL')).toBe('RGB');
    expect(await colourOf(withSegment(whole, adobe(1)), 'RGB')).toBe('YBR_FULL');
  });

  test('of 8 bits fills samples of 16', async () => {
    const frame = await decodeJpeg(
      grey,
      image({ samplesPerPixel: 1, bitsAllocated: 16, photometricInterpretation: 'MONOCHROME2' }),
    );
    expect(frame.bytes.length).toBe(24 * 16 * 2);
    expect(frame.bytes.readUInt16LE(0)).toBeLessThan(256);
  });

  test('that is smaller than its tile of a slide stands in the upper left corner', async () => {
    const { bytes } = await decodeJpeg(colour, image({ rows: 20, columns: 30, isTiled: true }));
    expect(bytes.length).toBe(20 * 30 * 3);
    const pixel = (row: number, column: number): number[] => [
      ...bytes.subarray((row * 30 + column) * 3).subarray(0, 3),
    ];
    expect(pixel(15, 23)[0]).toBeGreaterThan(250);
    expect(pixel(0, 24)).toEqual([0, 0, 0]);
    expect(pixel(16, 0)).toEqual([0, 0, 0]);
  });

  test('of another size than its image is refused, where that is no tile: its distances would be wrong', () => {
    expect(() => decodeJpeg(colour, image({ rows: 20, columns: 30 }))).toThrow(
      'the stream has 16 × 24 pixels, not 20 × 30',
    );
    expect(() => decodeJpeg(colour, image({ rows: 8, isTiled: true }))).toThrow('not 8 × 24');
  });

  test('of another image is refused', () => {
    expect(() => decodeJpeg(colour, image({ rows: 8 }))).toThrow('the stream has 16 × 24 pixels, not 8 × 24');
    expect(() => decodeJpeg(grey, image())).toThrow('the stream has 1 samples a pixel, not 3');
  });

  test('that is cut off or damaged is refused, where libjpeg would make the rest up', () => {
    expect(() => decodeJpeg(colour.subarray(0, -20), image())).toThrow(CannotDecode);
    expect(() => decodeJpeg(Buffer.alloc(40), image())).toThrow('not a JPEG stream: no SOI');
    expect(() => decodeJpeg(colour.subarray(0, 4), image())).toThrow('no frame header');
  });

  test('with arithmetic coding, or hierarchical, is refused by name', () => {
    const process = (marker: number): Buffer => {
      const jpeg = Buffer.from(whole);
      jpeg[jpeg.indexOf(Buffer.from('ffc0', 'hex')) + 1] = marker;
      return jpeg;
    };
    expect(() => decodeJpeg(process(0xc9), image())).toThrow('arithmetic');
    expect(() => decodeJpeg(process(0xc5), image())).toThrow('hierarchical');
  });
});

describe.skipIf(!hasCorpus)(
  `a slide whose last tiles are cut short${hasCorpus ? '' : ' (the DICOM corpus is missing)'}`,
  () => {
    // DCMTK and others write the 55 columns one behind the other into lines of 240: nobody could read that.
    test('shows them where they lie on it', async () => {
      const stored = await openStoredFile(corpusFile('modality/sc/multiframe.dcm'));
      const { image: described, frames } = stored!;
      expect(described).toMatchObject({ rows: 240, columns: 240, isTiled: true });
      const last = await frames.read(13);
      const shown = await decodeJpeg(last, described);
      const cut = await decodeJpeg(last, { ...described, columns: 55 });
      for (let row = 0; row < 240; row++) {
        const line = shown.bytes.subarray(row * 720, (row + 1) * 720);
        expect(line.subarray(0, 165).equals(cut.bytes.subarray(row * 165, (row + 1) * 165))).toBe(true);
        expect(line.subarray(165).every((sample) => sample === 0)).toBe(true);
      }
      // The slide goes on over the edge of the tile before it: its last column and our first one are neighbours.
      const before = await decodeJpeg(await frames.read(12), described);
      const pairs = Array.from({ length: 240 }, (_, row) => [before.bytes[row * 720 + 717]!, shown.bytes[row * 720]!]);
      const differences = pairs.map(([left = 0, right = 0]) => Math.abs(left - right));
      expect(differences.reduce((sum, each) => sum + each, 0) / 240).toBeLessThan(16);
    });
  },
);
