import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PixelPool } from '#derive/pixel-pool.ts';
import { corpusFile, hasCorpus, type ManifestRow, manifest, truth } from '#tests/corpus.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { transferSyntaxes } from './all.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Where toolkits agree and we do not. Cells of 12 bits side by side, in a file older than DICOM: two toolkits give its
 * bytes out as they stand, a third something else; ours are the samples (their neighbours are alike).
 */
const weDisagree = new Set(['broken/GH340.dcm']);
/** Refused on the way in: the data set ends inside Pixel Data. */
const isRefused = (path: string): boolean => /^broken\/(3gb-bulk|MR_truncated|emri_small_jpeg_2k)/.test(path);

describe.skipIf(!hasCorpus)('the first frame of real files', () => {
  let pool: PixelPool;
  beforeAll(() => {
    pool = new PixelPool({ threads: 2, waiting: 100, taskMs: 10 * 60_000 });
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  // DCMTK's RGB counts where the toolkits agree on the YBR that it was made of.
  const known = Map.groupBy(hasCorpus ? truth() : [], (row) => row['path'] as string);
  const agreed = new Map<string, ManifestRow[]>();
  for (const [path, rows] of known)
    if (rows.some((row) => row['consensus'] === 'consensus'))
      agreed.set(
        path,
        rows.filter(({ consensus, tool = '' }) => consensus === 'consensus' || tool.endsWith('default colour')),
      );

  test('decodes to the pixels that other toolkits agree on, in every one of them', async () => {
    let compared = 0;
    for (const [path, rows] of agreed) {
      if (weDisagree.has(path) || isRefused(path)) continue;
      const file = await openStoredFile(corpusFile(path));
      if (!file) throw new Error(`${path} has no pixels`);
      const frame = await pool.decode(file.syntax.uid, file.image, await file.frames.read(0));
      expect(
        rows.map((row) => row['frame1_sha256']),
        path,
      ).toContain(sha256(frame.bytes));
      const { rows: height, columns, samplesPerPixel, bitsAllocated, planarConfiguration } = frame;
      expect(frame.bytes.length, path).toBe((height * columns * samplesPerPixel * bitsAllocated) / 8);
      expect(planarConfiguration, path).toBe(0);
      compared++;
    }
    expect(compared).toBeGreaterThan(320);
  });

  test('is what the one tool decodes that knows bits in RLE and deflated frames, and floats', async () => {
    const single = [
      'syntax/rle/liver_rle.dcm',
      'syntax/deflated-frame/liver_deflate.dcm',
      'modality/pm/parametric_map_float.dcm',
      'modality/pm/parametric_map_double_float.dcm',
      // Words of 32 bits in big endian: as the same doses are in little endian.
      'syntax/explicit-be/rtdose_expb.dcm',
    ];
    for (const path of single) {
      const file = await openStoredFile(corpusFile(path));
      if (!file) throw new Error(`${path} has no pixels`);
      const { bytes } = await pool.decode(file.syntax.uid, file.image, await file.frames.read(0));
      const hashes = known.get(path)?.map((row) => row['frame1_sha256']);
      expect(hashes, path).toContain(sha256(bytes));
    }
  });

  test('of a lossy High-Throughput stream is as near to two decoders as they are to each other', async () => {
    const file = await openStoredFile(corpusFile('syntax/htj2k/HTJ2K_08_RGB.dcm'));
    if (!file) throw new Error('no pixels');
    const { bytes } = await pool.decode(file.syntax.uid, file.image, await file.frames.read(0));
    const mean = bytes.reduce((sum, value) => sum + value, 0) / bytes.length;
    expect(mean).toBeGreaterThan(126.8);
    expect(mean).toBeLessThan(127.3);
  });

  test('of video says that it is not decoded here', async () => {
    for (const row of manifest().filter(({ path = '' }) => /^derived\/(hevc|mpeg)/.test(path))) {
      const file = await openStoredFile(corpusFile(row['path'] as string));
      if (!file) throw new Error('no pixels');
      await expect(pool.decode(file.syntax.uid, file.image, Buffer.alloc(8))).rejects.toThrow(
        new CannotDecode('video is not decoded here'),
      );
    }
  });
});

describe.skipIf(!hasCorpus)('every frame of real files', () => {
  test('is read, and has a stream of its own', async () => {
    for (const row of manifest().filter(
      ({ path = '', frames = '' }) => Number(frames) > 1 && !/^(broken|derived)/.test(path),
    )) {
      const path = row['path'] as string;
      const file = await openStoredFile(corpusFile(path));
      if (!file) throw new Error(`${path} has no pixels`);
      expect(await file.frames.numberOfFrames(), path).toBe(Number(row['frames']));
      for (const frame of [1, Math.floor(Number(row['frames']) / 2), Number(row['frames']) - 1]) {
        const { bytes } = await (file.syntax.decodeFrame as NonNullable<typeof file.syntax.decodeFrame>)(
          await file.frames.read(frame),
          file.image,
        );
        expect(bytes.length, `${path} frame ${frame + 1}`).toBeGreaterThan(0);
      }
    }
  });
});

test('every transfer syntax decodes its frames, or says why not', () => {
  for (const syntax of transferSyntaxes.values())
    expect(syntax.decodeFrame === undefined, syntax.name).toBe(syntax.undecodable !== undefined);
});
