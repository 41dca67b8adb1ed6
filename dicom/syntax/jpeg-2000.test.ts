import { describe, expect, test } from 'vitest';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { decodeJpeg2000 } from '#dicom/syntax/jpeg-2000.ts';
import { readJpeg2000Stream } from '#dicom/syntax/jpeg-2000-stream.ts';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { openStoredFile } from '#tests/stored-file.ts';

async function frameOf(path: string) {
  const file = await openStoredFile(corpusFile(path));
  if (!file) throw new Error(`${path} has no pixels`);
  return { image: file.image, encoded: await file.frames.read(0) };
}

/** A box of a JP2 file (ISO/IEC 15444-1 I.4). */
function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

describe.skipIf(!hasCorpus)('a JPEG 2000 frame', () => {
  test('is decoded by the block coder that it needs, whatever its transfer syntax is called', async () => {
    const plain = await frameOf('syntax/jpeg-2000/MR1_J2KR');
    const high = await frameOf('syntax/htj2k/MR1_JPH');
    expect(readJpeg2000Stream(plain.encoded).highThroughput).toBe(false);
    expect(readJpeg2000Stream(high.encoded).highThroughput).toBe(true);
    // Both were made losslessly of one image.
    expect(
      decodeJpeg2000(plain.encoded, plain.image).bytes.equals(decodeJpeg2000(high.encoded, high.image).bytes),
    ).toBe(true);
  });

  test('is found within a JP2 file', async () => {
    const { encoded, image } = await frameOf('syntax/jpeg-2000/MR_small_jp2klossless.dcm');
    const file = Buffer.concat([
      Buffer.from('0000000c6a5020200d0a870a', 'hex'),
      box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ')),
      box('jp2c', encoded),
    ]);
    expect(decodeJpeg2000(file, image).bytes.equals(decodeJpeg2000(encoded, image).bytes)).toBe(true);
  });

  test('has its component transformation undone', async () => {
    const { encoded, image } = await frameOf('syntax/jpeg-2000/VL1_J2KR');
    expect(image.photometricInterpretation).toBe('YBR_RCT');
    expect(decodeJpeg2000(encoded, image).photometricInterpretation).toBe('RGB');
  });

  test('that is cut off, damaged or of another image is refused', async () => {
    for (const path of ['syntax/jpeg-2000/MR1_J2KR', 'syntax/htj2k/MR1_JPH']) {
      const { encoded, image } = await frameOf(path);
      expect(() => decodeJpeg2000(encoded.subarray(0, encoded.length >> 1), image), path).toThrow(CannotDecode);
      expect(() => decodeJpeg2000(encoded.subarray(0, 30), image), path).toThrow(CannotDecode);
      expect(() => decodeJpeg2000(encoded, { ...image, columns: 256 }), path).toThrow(
        'the stream has 512 × 512 pixels, not 512 × 256',
      );
    }
  });
});
