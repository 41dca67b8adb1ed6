import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { uid } from '../data/uid.ts';
import { CannotDecode } from './decoded-frame.ts';
import { type FrameSource, NoSuchFrame, openFrames, type StoredPixels } from './frame-source.ts';
import { assignFragments, decodeFrameTable, encodeFrameTable } from './frame-table.ts';
import type { FrameShape } from './native-frame.ts';
import { transferSyntaxes } from '../syntax/all.ts';
import type { TransferSyntax } from '../syntax/transfer-syntax.ts';

function syntax(suffix: string): TransferSyntax {
  const found = transferSyntaxes.get(uid(`1.2.840.10008.1.2${suffix}`));
  if (!found) throw new Error(suffix);
  return found;
}
const jpeg = syntax('.4.50');
const limits = { frameBytes: 1_000, inflatedBytes: 10_000 };

/** Pixel Data at the beginning of a data set, and how many bytes were read of it. */
function source(
  bytes: Buffer,
  pixels: Partial<StoredPixels> & Pick<StoredPixels, 'syntax'>,
  shape: FrameShape = { rows: 1, columns: 1, samplesPerPixel: 1, bitsAllocated: 8 },
): FrameSource & { readonly bytesRead: () => number; readonly reads: () => number } {
  let read = 0;
  let reads = 0;
  const frames = openFrames(
    { offset: 0, length: -1, frameTable: undefined, numberOfFrames: undefined, datasetLength: bytes.length, ...pixels },
    shape,
    {
      async readRange(offset, length) {
        if (offset + length > bytes.length) throw new RangeError(`${offset} + ${length} of ${bytes.length}`);
        read += length;
        reads++;
        return Buffer.from(bytes.subarray(offset, offset + length));
      },
      async *readStream(offset, length) {
        for (let at = offset; at < offset + length; at += 100)
          yield bytes.subarray(at, Math.min(at + 100, offset + length));
      },
    },
    limits,
  );
  return Object.assign(frames, { bytesRead: () => read, reads: () => reads });
}

function encapsulated(...fragments: readonly Buffer[]): Buffer {
  const item = (value: Buffer): Buffer => {
    const header = Buffer.from('feff00e000000000', 'hex');
    header.writeUInt32LE(value.length, 4);
    return Buffer.concat([header, value]);
  };
  return Buffer.concat([...[Buffer.alloc(0), ...fragments].map(item), Buffer.from('feffdde000000000', 'hex')]);
}

/** A fragment that begins a JPEG stream, and one that goes on with it. */
const begin = (name: string): Buffer => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from(name)]);
const goOn = (name: string): Buffer => Buffer.from(`....${name}`);
const text = async (frames: FrameSource, frame: number): Promise<string> =>
  (await frames.read(frame)).toString('latin1').replaceAll('\xff\xd8\xff\xe0', '');

const table = (value: Buffer, ...counts: Parameters<typeof assignFragments>): Buffer =>
  encodeFrameTable({
    firstFragment: 16,
    fragmentLengths: counts[0],
    fragmentsPerFrame: value.length ? assignFragments(...counts) : 'one-each',
  });

describe('frames of fragments', () => {
  const two = encapsulated(begin('AA'), goOn('aa'), begin('BB'), goOn('bb'), goOn('bc'));
  const lengths = [6, 6, 6, 6, 6];

  test('are told apart by an offset table', async () => {
    const frames = source(two, { syntax: jpeg, numberOfFrames: 2, frameTable: table(two, lengths, 2, [0, 28]) });
    expect(await text(frames, 0)).toBe('AA....aa');
    expect(await text(frames, 1)).toBe('BB....bb....bc');
    expect(frames.bytesRead()).toBe(30);
  });

  test('are told apart by how they begin where Number of Frames counts fragments and the table says otherwise', async () => {
    const counted = source(two, { syntax: jpeg, numberOfFrames: 5, frameTable: table(two, lengths, 5, [0, 28]) });
    expect(await counted.numberOfFrames()).toBe(2);
    expect(await text(counted, 1)).toBe('BB....bb....bc');
    await expect(counted.read(2)).rejects.toThrow('the instance has 2 frames');
    // The other way round: a table that ends early, of frames that are a fragment each.
    const each = encapsulated(begin('AA'), begin('BB'), begin('CC'));
    const cut = table(each, [6, 6, 6], 3, [0, 14]);
    expect(await text(source(each, { syntax: jpeg, numberOfFrames: 3, frameTable: cut }), 2)).toBe('CC');
    expect(assignFragments([6, 6, 6], 3, [0])).toBe('one-each');
    expect(assignFragments([6, 6, 6], 3, [0, 15])).toBe('one-each');
  });

  test('are read into memory that is lent, where they fit', async () => {
    const frames = source(two, { syntax: jpeg, numberOfFrames: 2, frameTable: table(two, lengths, 2, [0, 28]) });
    const memory = Buffer.alloc(20);
    const read = await frames.read(1, memory);
    expect(read.buffer).toBe(memory.buffer);
    expect(memory.toString('latin1')).toBe('\xff\xd8\xff\xe0BB....bb....bc\0\0');
    expect((await frames.read(1, Buffer.alloc(17))).equals(memory.subarray(0, 18))).toBe(true);
  });

  test('are found as soon as what could not be read at first can be', async () => {
    let isAway = true;
    const readRange = async (offset: number, length: number) => {
      if (isAway) throw new Error('away');
      return two.subarray(offset, offset + length);
    };
    const frames = openFrames(
      { syntax: jpeg, offset: 0, length: -1, frameTable: undefined, numberOfFrames: 2, datasetLength: two.length },
      { rows: 1, columns: 1, samplesPerPixel: 1, bitsAllocated: 8 },
      {
        readRange,
        async *readStream(offset, length) {
          yield readRange(offset, length);
        },
      },
      limits,
    );
    await expect(frames.read(0)).rejects.toThrow('away');
    isAway = false;
    expect(await text(frames, 0)).toBe('AA....aa');
  });

  test('are told apart by how they begin where the table is empty', async () => {
    const frames = source(two, { syntax: jpeg, numberOfFrames: 2, frameTable: table(two, lengths, 2, []) });
    expect(await frames.numberOfFrames()).toBe(2);
    expect(await text(frames, 1)).toBe('BB....bb....bc');
  });

  test('are told apart by how they begin where the table is wrong', async () => {
    const wrong = table(two, lengths, 2, [0, 30]);
    expect(decodeFrameTable(wrong).fragmentsPerFrame).toBe('unknown');
    const frames = source(two, { syntax: jpeg, numberOfFrames: 2, frameTable: wrong });
    expect(await text(frames, 0)).toBe('AA....aa');
  });

  test('are told apart although some fragments are empty', async () => {
    const nothing = Buffer.alloc(0);
    const holes = encapsulated(nothing, begin('AA'), nothing, goOn('aa'), begin('BB'), nothing);
    const frames = source(holes, {
      syntax: jpeg,
      numberOfFrames: 2,
      frameTable: table(holes, [0, 6, 0, 6, 6, 0], 2, []),
    });
    expect(await frames.numberOfFrames()).toBe(2);
    expect([await text(frames, 0), await text(frames, 1)]).toEqual(['AA....aa', 'BB']);
    await expect(frames.locate(0).then((ranges) => ranges?.map(({ length }) => length))).resolves.toEqual([6, 6]);
  });

  test.each([3, 300])('of a video are one, though it says that it has %i', async (numberOfFrames) => {
    const film = encapsulated(goOn('AA'), goOn('BB'), goOn('CC'));
    const frameTable = table(film, [6, 6, 6], numberOfFrames, []);
    const frames = source(film, { syntax: syntax('.4.102.1'), numberOfFrames, frameTable });
    expect(await frames.numberOfFrames()).toBe(1);
    expect(await text(frames, 0)).toBe('....AA....BB....CC');
    await expect(frames.read(1)).rejects.toThrow(NoSuchFrame);
  });

  test('that have no bytes are no frames', async () => {
    const hole = encapsulated(begin('AA'), Buffer.alloc(0));
    const frames = source(hole, { syntax: jpeg, numberOfFrames: 2, frameTable: table(hole, [6, 0], 2, []) });
    expect(await text(frames, 0)).toBe('AA');
    await expect(frames.read(1)).rejects.toThrow('frame 2 has no bytes');
  });

  test('are found by their item headers where nothing was noted', async () => {
    const frames = source(two, { syntax: jpeg, numberOfFrames: 2 });
    expect(await text(frames, 0)).toBe('AA....aa');
    expect(await text(frames, 1)).toBe('BB....bb....bc');
  });

  test('are as many as there are streams, whatever Number of Frames says', async () => {
    const missing = source(two, { syntax: jpeg, frameTable: table(two, lengths, undefined, []) });
    expect(await missing.numberOfFrames()).toBe(2);
    const one = source(two, { syntax: jpeg, numberOfFrames: 1, frameTable: table(two, lengths, 1, []) });
    expect(await one.numberOfFrames()).toBe(1);
    for (const numberOfFrames of [0, -1]) {
      const none = source(two, { syntax: jpeg, numberOfFrames, frameTable: table(two, lengths, numberOfFrames, []) });
      expect(await none.numberOfFrames()).toBe(2);
    }
    expect(await text(one, 0)).toBe('AA....aa');
    const many = source(two, { syntax: jpeg, numberOfFrames: 7, frameTable: table(two, lengths, 7, []) });
    expect(await many.numberOfFrames()).toBe(2);
    await expect(many.read(2)).rejects.toThrow(new NoSuchFrame('the instance has 2 frames'));
  });

  test('of a hundred thousand small fragments are told apart by few reads', async () => {
    const many = Array.from({ length: 100_000 }, (_, at) => (at % 50_000 === 0 ? begin('AA') : goOn('aa')));
    const frames = source(encapsulated(...many), { syntax: jpeg, numberOfFrames: 2 });
    expect(await frames.numberOfFrames()).toBe(2);
    expect(frames.reads()).toBeLessThan(60);
  });

  test('are all of one frame where nothing marks a beginning', async () => {
    const anything = encapsulated(goOn('a'), goOn('b'));
    expect(await text(source(anything, { syntax: syntax('.8.1'), numberOfFrames: 1 }), 0)).toBe('....a....b');
    await expect(source(anything, { syntax: syntax('.8.1'), numberOfFrames: 3 }).read(0)).rejects.toThrow(
      '2 fragments of 3 frames cannot be told apart',
    );
  });

  test('that are too long, or cut off, are refused before they are read', async () => {
    const long = encapsulated(Buffer.alloc(1_001));
    await expect(source(long, { syntax: jpeg }).read(0)).rejects.toThrow('a frame of 1001 bytes, of at most 1000');
    const cut = source(two.subarray(0, 40), {
      syntax: jpeg,
      frameTable: table(two, [6, 60], 2, []),
      numberOfFrames: 2,
    });
    await expect(cut.read(1)).rejects.toThrow(CannotDecode);
  });
});

describe('native frames', () => {
  const eight = { rows: 1, columns: 3, samplesPerPixel: 1, bitsAllocated: 8 };

  test('are one range, and as many as Pixel Data holds', async () => {
    const frames = source(Buffer.from('abcdefgh'), { syntax: syntax('.1'), length: 8, numberOfFrames: 5 }, eight);
    expect(await frames.numberOfFrames()).toBe(2);
    expect(await frames.locate(1)).toEqual([{ offset: 3, length: 3 }]);
    expect(await text(frames, 1)).toBe('def');
    expect(frames.bytesRead()).toBe(3);
    await expect(frames.read(2)).rejects.toThrow(NoSuchFrame);
  });

  test('of 16 bits are turned around in big endian, and so are bytes in words', async () => {
    const big = { syntax: syntax('.2'), length: 8, numberOfFrames: 2 };
    const sixteen = source(Buffer.from('abcdefgh'), big, { ...eight, columns: 2, bitsAllocated: 16 });
    expect(await text(sixteen, 1)).toBe('fehg');
    expect(await sixteen.locate(1)).toBeUndefined();
    // OB is bytes whatever they mean: they stand in big endian as they do in little.
    const inBytes = source(Buffer.from('abcdefgh'), { ...big, vr: 'OB' }, { ...eight, columns: 2, bitsAllocated: 16 });
    expect(await text(inBytes, 1)).toBe('efgh');
    expect(await inBytes.locate(1)).toEqual([{ offset: 4, length: 4 }]);
    // The second frame begins inside a word.
    expect(await text(source(Buffer.from('badcfe'), { ...big, length: 6, vr: 'OW' }, eight), 1)).toBe('def');
    expect(await text(source(Buffer.from('abcdef'), { ...big, length: 6, vr: 'OB' }, eight), 1)).toBe('def');
  });

  test('of single bits begin where they begin', async () => {
    const bits = { rows: 1, columns: 5, samplesPerPixel: 1, bitsAllocated: 1 };
    const frames = source(
      Buffer.from([0b101_10001, 0b0_01010_11]),
      { syntax: syntax('.1'), length: 2, numberOfFrames: 3 },
      bits,
    );
    expect(await Promise.all([0, 1, 2].map(async (n) => (await frames.read(n))[0]))).toEqual([
      0b10001, 0b11101, 0b01010,
    ]);
    expect(await frames.locate(0)).toBeUndefined();
  });

  test('of a deflated data set are inflated from its beginning', async () => {
    const inflated = Buffer.concat([Buffer.alloc(500, '.'), Buffer.from('abcdef')]);
    const deflated = deflateRawSync(inflated);
    const pixels = { syntax: syntax('.1.99'), offset: 500, length: 6, numberOfFrames: 2 };
    expect(await text(source(deflated, pixels, eight), 1)).toBe('def');
    await expect(source(deflated, { ...pixels, offset: 9_995 }, eight).read(1)).rejects.toThrow('inflated bytes');
    await expect(source(deflated.subarray(0, 8), pixels, eight).read(1)).rejects.toThrow(CannotDecode);
    deflated[0] = 0xff;
    await expect(source(deflated, pixels, eight).read(0)).rejects.toThrow('the deflated stream is damaged');
  });

  test('of a value shorter than a frame are refused', async () => {
    const frames = source(Buffer.from('ab'), { syntax: syntax('.1'), length: 2, numberOfFrames: 1 }, eight);
    await expect(frames.read(0)).rejects.toThrow('Pixel Data of 2 bytes is less than a frame');
  });
});
