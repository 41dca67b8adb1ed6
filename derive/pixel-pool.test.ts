import { describe, expect, test } from 'vitest';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import type { FramePresentation } from '#dicom/pixels/frame-presentation.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { emptyJpeg2000, usualCoding } from '#tests/empty-jpeg-2000.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { limits } from '#settings/limits.ts';
import { PixelPool, PixelPoolSaturated } from './pixel-pool.ts';
import type { PictureInMemory, PixelTask } from './pixel-tasks.ts';

const rle = '1.2.840.10008.1.2.5';
const native = '1.2.840.10008.1.2.1';
const jpeg2000 = '1.2.840.10008.1.2.4.90';

const grey = (columns: number, rows = 1): ImagePixel => plainImage({ rows, columns }, { bitsStored: 8 });

const plain: FramePresentation = {
  modalityLut: { kind: 'rescale', slope: 1, intercept: 0 },
  voiLut: undefined,
  presentationLut: { kind: 'shape', inverse: false },
  padding: undefined,
  palette: undefined,
  shutter: undefined,
  overlays: [],
};

/** A JPEG 2000 frame, square, of which a picture of a sixteenth of its side is asked for. */
const sixteenthOf = (side: number, encoded: Buffer): PixelTask => ({
  name: 'render',
  transferSyntaxUID: jpeg2000,
  image: { ...grey(side, side), bitsAllocated: 16, bitsStored: 16, highBit: 15 },
  encoded,
  presentation: plain,
  halvings: 4,
  least: undefined,
  memory: new Uint8Array(0),
});

describe('the pixel pool', () => {
  test('decodes in a thread, and leaves memory as it is of which it was given a part', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 1 });
    const all = Buffer.from('abcdefgh');
    const frame = await pool.decode(native, grey(3), all.subarray(2, 5));
    expect(frame.bytes).toBeInstanceOf(Buffer);
    expect(frame.bytes.toString()).toBe('cde');
    expect(all.toString()).toBe('abcdefgh');
  });

  test('turns words around and cuts bits in a thread, of memory that is its own and of a part of other memory', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 3 });
    const bits = { wordBytes: 1, fromBit: 5, bits: 5 };
    expect([...(await pool.arrange(Buffer.from([0b101_10001, 0b0_01010_11]), bits))]).toEqual([0b11101]);
    const big = Buffer.alloc(100_000, 'ab');
    const turned = await pool.arrange(big, { wordBytes: 2, fromBit: 0, bits: 800_000 });
    expect(turned.equals(Buffer.alloc(100_000, 'ba'))).toBe(true);
    // It went over to the thread, and came back: nobody copied it here.
    expect(big.length).toBe(0);
  });

  test('holds nobody up with a large frame: its memory goes over to the thread, and comes back', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 1 });
    await pool.decode(native, grey(1), Buffer.from('a'));
    const side = 14_000;
    const frame = Buffer.alloc(side * side, 5);
    const before = process.memoryUsage.rss();
    const { bytes } = await pool.decode(native, grey(side, side), frame);
    expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([side * side, 5, 5]);
    expect(frame.length).toBe(0);
    // Of its memory there is no second piece.
    expect(process.memoryUsage.rss() - before).toBeLessThan(bytes.length / 2);
  });

  test('says why a frame cannot be decoded', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 1 });
    const decoding = pool.decode(rle, grey(3), Buffer.alloc(10));
    await expect(decoding).rejects.toBeInstanceOf(CannotDecode);
    await expect(decoding).rejects.toThrow('an RLE frame of 10 bytes has no header');
    await expect(pool.decode('1.2.840.10008.1.2.4.65', grey(3), Buffer.alloc(10))).rejects.toThrow(
      'no decoder here for hierarchical JPEG',
    );
    await expect(pool.decode(native, grey(65_535, 65_535), Buffer.alloc(10))).rejects.toThrow(
      'a frame of 4294836225 bytes',
    );
  });

  test('takes as many frames as may wait, and tells the next one at once', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 2 });
    const taken = ['a', 'b', 'c'].map((text) => pool.decode(native, grey(1), Buffer.from(text)));
    await expect(pool.decode(native, grey(1), Buffer.from('d'))).rejects.toBeInstanceOf(PixelPoolSaturated);
    const frames = await Promise.all(taken);
    expect(frames.map(({ bytes }) => bytes.toString())).toEqual(['a', 'b', 'c']);
    // There is room again.
    expect((await pool.decode(native, grey(1), Buffer.from('e'))).bytes.toString()).toBe('e');
  });

  test('gives up a frame that nobody waits for any more, and its place', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 1 });
    const gone = new AbortController();
    const first = pool.decode(native, grey(1), Buffer.from('a'));
    const second = pool.decode(native, grey(1), Buffer.from('b'), gone.signal);
    gone.abort(new Error('nobody there'));
    await expect(second).rejects.toThrow('nobody there');
    const third = pool.decode(native, grey(1), Buffer.from('c'));
    expect((await first).bytes.toString() + (await third).bytes.toString()).toBe('ac');
    await expect(pool.decode(native, grey(1), Buffer.from('d'), gone.signal)).rejects.toThrow('nobody there');
  });

  test('works on one large frame at a time, on others beside it, and ends one that nobody waits for', async () => {
    await using pool = new PixelPool({ threads: 2, waiting: 5 });
    const side = 16_000;
    // Runs of 128 zeros: seconds of work.
    const segment = Buffer.alloc(2 * Math.ceil((side * side) / 128), Buffer.from([0x81, 0]));
    const header = Buffer.alloc(64);
    header.writeUInt32LE(1, 0);
    header.writeUInt32LE(64, 4);
    const large = (signal?: AbortSignal) =>
      pool.decode(rle, grey(side, side), Buffer.concat([header, segment]), signal);
    const small = () => pool.decode(native, grey(1), Buffer.from('a'));
    // Both threads are there.
    await Promise.all([small(), small()]);
    const order: string[] = [];
    const gone = new AbortController();
    const done = (name: string, decoding: Promise<unknown>) =>
      decoding.then(
        () => order.push(name),
        () => order.push(`no ${name}`),
      );
    const first = done('first large', large(gone.signal));
    const second = done('second large', large());
    // The second thread is not taken by the second large one.
    for (let n = 0; n < 3; n++) await done('small', small());
    expect(order).toEqual(['small', 'small', 'small']);
    gone.abort(new Error('nobody there'));
    await Promise.all([first, second]);
    expect(order.slice(3)).toEqual(['no first large', 'second large']);
  });

  test('takes a large frame of which it makes a small picture for as large as it is', async () => {
    let opened = 0;
    const count = () => void opened++;
    process.on('worker', count);
    try {
      await using pool = new PixelPool({ threads: 2, waiting: 0 });
      const side = 6_000;
      const reduced = (signal?: AbortSignal) =>
        pool.run<PictureInMemory>(sixteenthOf(side, emptyJpeg2000(side)), signal);
      const small = () => pool.decode(native, grey(1), Buffer.from('a'));
      const gone = new AbortController();
      const first = reduced(gone.signal);
      // There is a thread for another frame, but for no large one.
      await expect(reduced()).rejects.toBeInstanceOf(PixelPoolSaturated);
      const beside = small();
      // Nobody waits for it: it is ended, and its turn is over.
      gone.abort(new Error('nobody there'));
      await expect(first).rejects.toThrow('nobody there');
      await beside;
      expect(await reduced()).toMatchObject({ rows: 375, columns: 375 });
      // The thread that has decoded it, the only one there was, is gone, and the memory that it took.
      const before = opened;
      await small();
      expect(opened).toBe(before + 1);
    } finally {
      process.off('worker', count);
    }
  });

  test('gives a frame the time of the whole, since a tile of it may lack the smaller resolution', async () => {
    const side = 4_000;
    const encoded = () => emptyJpeg2000(side, usualCoding, 'ff52000c00000001000104040001');
    await using patient = new PixelPool({ threads: 1, waiting: 0, taskMs: 600_000 });
    const whole = await patient.run<PictureInMemory>(sixteenthOf(side, encoded()));
    expect(whole).toMatchObject({ rows: side, columns: side });
    // Of all the time that the whole has there is nothing left here.
    const taskMs = (-limits.pixels.taskMsPerMiB * 2 * side * side) / 2 ** 20;
    await using hasty = new PixelPool({ threads: 1, waiting: 0, taskMs });
    await expect(hasty.run(sixteenthOf(side, encoded()))).rejects.toThrow('not decoded within 0.0 s');
  });

  test('works on as many mammograms as it has threads', async () => {
    await using pool = new PixelPool({ threads: 2, waiting: 5 });
    const [columns, rows] = [4728, 5928]; // 50 µm on 24 x 30 cm
    const image: ImagePixel = { ...grey(columns, rows), bitsAllocated: 16, bitsStored: 14, highBit: 13 };
    const runs = Buffer.alloc(2 * Math.ceil((rows * columns) / 128), Buffer.from([0x81, 0]));
    const header = Buffer.alloc(64);
    [2, 64, 64 + runs.length].forEach((value, at) => header.writeUInt32LE(value, 4 * at));
    const small = () => pool.decode(native, grey(1), Buffer.from('a'));
    // Both threads are there.
    await Promise.all([small(), small()]);
    const order: string[] = [];
    await Promise.all([
      ...['mammogram', 'mammogram'].map(async (name) => {
        const { bytes } = await pool.decode(rle, image, Buffer.concat([header, runs, runs]));
        expect(bytes).toHaveLength(2 * rows * columns);
        order.push(name);
      }),
      small().then(() => order.push('small')),
    ]);
    // Neither of them has left its thread to what came later.
    expect(order[0]).toBe('mammogram');
  });

  test('ends what is under way when it is closed', async () => {
    const pool = new PixelPool({ threads: 1, waiting: 5 });
    const frames = Promise.allSettled(['a', 'b'].map((text) => pool.decode(native, grey(1), Buffer.from(text))));
    await pool[Symbol.asyncDispose]();
    expect((await frames).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(pool.decode(native, grey(1), Buffer.from('c'))).rejects.toThrow('closed');
  });

  test.skipIf(!hasCorpus)('stops a thread that takes too long, and goes on with another', async () => {
    await using pool = new PixelPool({ threads: 1, waiting: 5, taskMs: 2_000 });
    const file = await openStoredFile(corpusFile('syntax/jpeg-ls/MR_small_jpeg_ls_lossless.dcm'));
    if (!file) throw new Error('no pixels');
    const whole = await file.frames.read(0);
    // CharLS looks for the rest of a stream that was cut short for many seconds; a comment hides from us that it was.
    const comment = Buffer.from('fffe0004ffd9', 'hex');
    const cut = Buffer.concat([whole.subarray(0, 2), comment, whole.subarray(2, 2_215)]);
    const slow = pool.decode(file.syntax.uid, file.image, cut);
    // One so large has the time that it takes to begin a thread on a busy machine.
    const side = 14_000;
    const next = pool.decode(native, grey(side, side), Buffer.alloc(side * side, 'a'));
    await expect(slow).rejects.toThrow(new CannotDecode('not decoded within 2.0 s'));
    const { bytes } = await next;
    expect([bytes.length, bytes[0]]).toEqual([side * side, 'a'.charCodeAt(0)]);
  });
});
