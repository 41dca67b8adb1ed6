import { describe, expect, test } from 'vitest';
import { PixelPool } from '#derive/pixel-pool.ts';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { mutated } from '#tests/durability/mutate.ts';
import { openStoredFile, type StoredFile } from '#tests/stored-file.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';

/** One small frame of each decoder. */
const frames = [
  'syntax/jpeg-baseline/SC_rgb_jpeg_dcmtk.dcm',
  'syntax/jpeg-extended-12bit/JPEG-lossy.dcm',
  'syntax/jpeg-lossless/MR-JPEGLosslessSV1.dcm',
  'syntax/jpeg-ls/SC_rgb_jls_lossy_line.dcm',
  'syntax/jpeg-2000/MR_small_jp2klossless.dcm',
  'syntax/htj2k/MR1_JPH',
  'syntax/rle/SC_rgb_rle_32bit.dcm',
  'syntax/deflated-frame/liver_deflate.dcm',
];
const damagedOfEach = 12;

async function open(path: string): Promise<StoredFile> {
  const file = await openStoredFile(corpusFile(path));
  if (!file) throw new Error(`${path} has no pixels`);
  return file;
}

/** Numbers that look random, the same in every run (Numerical Recipes' generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.skipIf(!hasCorpus)('damaged frames', () => {
  test('of every decoder become a whole frame or a reason, and the next good one decodes as before', async () => {
    await using pool = new PixelPool({ threads: 2, waiting: 100, taskMs: 3_000 });
    const random = randomFrom(7);
    for (const path of frames) {
      const { syntax, image, frames: stored } = await open(path);
      const good = await stored.read(0);
      // What the pool gets is gone.
      const decode = (encoded: Buffer) => pool.decode(syntax.uid, image, Buffer.from(encoded));
      const before = await decode(good);
      const attempts = Array.from({ length: damagedOfEach }, () => decode(mutated(good, good, random)));
      for (const outcome of await Promise.allSettled(attempts)) {
        if (outcome.status === 'rejected') expect(outcome.reason, path).toBeInstanceOf(CannotDecode);
        else expect(outcome.value.bytes.length, path).toBe(before.bytes.length);
      }
      expect((await decode(good)).bytes.equals(before.bytes), path).toBe(true);
    }
  });

  test('leave nothing of themselves in the frame that follows', async () => {
    for (const path of ['syntax/jpeg-lossless/MR1_JPLL', 'syntax/jpeg-2000/MR1_J2KR', 'syntax/htj2k/MR1_JPH']) {
      const { syntax, image, frames: stored } = await open(path);
      const decode = syntax.decodeFrame as NonNullable<typeof syntax.decodeFrame>;
      const encoded = await stored.read(0);
      const { bytes } = await decode(encoded, image);
      const half = async () => decode(encoded.subarray(0, encoded.length >> 1), image);
      await expect(half(), path).rejects.toThrow(CannotDecode);
      expect((await decode(encoded, image)).bytes.equals(bytes), path).toBe(true);
    }
  });
});
