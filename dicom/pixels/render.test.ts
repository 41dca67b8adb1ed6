import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datasetOf, type TestValue } from '#tests/dataset-of.ts';
import { CannotDecode, type DecodedFrame } from './decoded-frame.ts';
import { framePresentationOf, type PresentationOptions } from './frame-presentation.ts';
import { type RenderedFrame, renderFrame } from './render.ts';
import type { Window } from './voi-lut.ts';

type Values = Readonly<Record<string | number, TestValue>>;

const grey16 = {
  rows: 1,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  isSigned: false,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  sample: 'integer',
} as const;

function rendered(
  bytes: Buffer,
  frame: Partial<DecodedFrame>,
  values: Values = {},
  options: Partial<PresentationOptions> = {},
): RenderedFrame {
  const columns = (bytes.length * 8) / (frame.bitsAllocated ?? 16) / (frame.samplesPerPixel ?? 1);
  const whole: DecodedFrame = { ...grey16, columns, ...frame, bytes };
  const presentation = framePresentationOf(datasetOf(values), whole, { frame: 1, unusedBits: true, ...options });
  return renderFrame(whole, presentation);
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16LE(value & 0xffff, 2 * index));
  return bytes;
}

/** Stored values of 16 bits as one row of grey. */
function shown(
  stored: readonly number[],
  values: Values = {},
  frame: Partial<DecodedFrame> = {},
  options: Partial<PresentationOptions> = {},
): number[] {
  return [...rendered(words(stored), frame, values, options).bytes];
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('the window', () => {
  /** PS3.3 C.11.2.1.2.1, Note 4: c = 2048, w = 4096 maps 0 … 4095 to the whole range. */
  test('LINEAR maps the example of the standard to the whole range', () => {
    expect(shown([0, 4095, 1, 2047, 2048], { WindowCenter: '2048', WindowWidth: '4096' })).toEqual([
      0, 255, 0, 127, 128,
    ]);
  });

  test('is worked out once for each value that occurs, not for all that there could be', () => {
    let workedOut = 0;
    const window: Window = { center: 2048, width: 4096, function: 'LINEAR' };
    const counted = Object.defineProperty({ ...window }, 'center', { get: () => (workedOut++, window.center) });
    const frame: DecodedFrame = { ...grey16, columns: 5, bytes: words([0, 4095, 0, 2047, 4095]) };
    const presentation = framePresentationOf(datasetOf({}), frame, { frame: 1, unusedBits: true });
    const voiLut = { kind: 'window', window: counted } as const;
    expect([...renderFrame(frame, { ...presentation, voiLut }).bytes]).toEqual([0, 255, 0, 127, 255]);
    expect(workedOut).toBe(3);
  });

  test('LINEAR with a width of 1 is a threshold at the centre less a half', () => {
    expect(shown([2047, 2048], { WindowCenter: '2048', WindowWidth: '1' })).toEqual([0, 255]);
  });

  /** The pseudo-code of the standard, word by word, with ymin = 0 and ymax = 255. */
  test('LINEAR follows the pseudo-code of C.11.2.1.2.1 for every value', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 1500 }), fc.integer({ min: 1, max: 3000 }), (c, w) => {
        const expected = upTo(1200).map((stored) => {
          const x = stored - 500;
          if (x <= c - 0.5 - (w - 1) / 2) return 0;
          if (x > c - 0.5 + (w - 1) / 2) return 255;
          return Math.round(((x - (c - 0.5)) / (w - 1) + 0.5) * 255);
        });
        const values = { WindowCenter: `${c}`, WindowWidth: `${w}`, RescaleIntercept: '-500', RescaleSlope: '1' };
        expect(shown(upTo(1200), values)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('LINEAR_EXACT follows C.11.2.1.3.2 for every value', () => {
    const [c, w] = [100.5, 333];
    const expected = upTo(600).map((x) => {
      if (x <= c - w / 2) return 0;
      if (x > c + w / 2) return 255;
      return Math.round(((x - c) / w + 0.5) * 255);
    });
    const values = { WindowCenter: `${c}`, WindowWidth: `${w}`, VOILUTFunction: 'LINEAR_EXACT' };
    expect(shown(upTo(600), values)).toEqual(expected);
  });

  test('SIGMOID follows C.11.2.1.3.1 for every value', () => {
    const [c, w] = [300, 200];
    const expected = upTo(1000).map((x) => Math.round(255 / (1 + Math.exp((-4 * (x - c)) / w))));
    const values = { WindowCenter: `${c}`, WindowWidth: `${w}`, VOILUTFunction: 'SIGMOID' };
    expect(shown(upTo(1000), values)).toEqual(expected);
  });

  test('the first of several is taken, unless another one is asked for', () => {
    const values = { WindowCenter: '50\\1000', WindowWidth: '100\\10' };
    expect(shown([0, 100], values)).toEqual([0, 255]);
    const window = { center: 1000, width: 1, function: 'LINEAR' } as const;
    expect(shown([0, 999, 1000], values, {}, { window })).toEqual([0, 0, 255]);
  });

  test('the first of several that is one is taken: none has a width below 0, nor lacks it', () => {
    expect(shown([0, 100], { WindowCenter: '7\\50', WindowWidth: '-5\\100' })).toEqual([0, 255]);
    expect(shown([0, 100], { WindowCenter: '7\\50\\3', WindowWidth: '0\\100' })).toEqual([0, 255]);
    expect(shown([0, 50, 100], { WindowCenter: '7', WindowWidth: '-5' })).toEqual([0, 128, 255]);
  });

  test('a centre belongs to the width in its place, also behind one that is no number', () => {
    for (const WindowCenter of ['here\\50', '\\50'])
      expect(shown([0, 50, 100], { WindowCenter, WindowWidth: '10\\100' })).toEqual([0, 129, 255]);
  });

  test('LINEAR with a width below 1 means LINEAR_EXACT, one of 0 nothing', () => {
    const small = { RescaleSlope: '0.001', RescaleIntercept: '0', WindowCenter: '0.5', WindowWidth: '0.2' };
    expect(shown([400, 500, 600], small)).toEqual([0, 128, 255]);
    expect(shown([400, 500, 600], { WindowCenter: '5', WindowWidth: '0' })).toEqual([0, 128, 255]);
  });

  test('of a frame is that of its own functional group, else of the shared one', () => {
    const group = (center: string): Values => ({
      FrameVOILUTSequence: [datasetOf({ WindowCenter: center, WindowWidth: '1' })],
    });
    const rescale = { PixelValueTransformationSequence: [datasetOf({ RescaleSlope: '1', RescaleIntercept: '-100' })] };
    const values = {
      SharedFunctionalGroupsSequence: [datasetOf({ ...rescale, ...group('500') })],
      PerFrameFunctionalGroupsSequence: [datasetOf(group('10')), datasetOf(rescale)],
    };
    expect(shown([109, 110], values)).toEqual([0, 255]);
    expect(shown([110, 599, 600], values, {}, { frame: 2 })).toEqual([0, 0, 255]);
  });

  test('of a frame may be a table of its functional group, as tomosynthesis of the breast has it', () => {
    const table = datasetOf({ LUTDescriptor: [4, 100, 8], LUTData: Buffer.from([0, 0, 50, 0, 100, 0, 255, 0]) });
    const group = { FrameVOILUTSequence: [datasetOf({ VOILUTSequence: [table] })] };
    const values = { PerFrameFunctionalGroupsSequence: [datasetOf({}), datasetOf(group)] };
    expect(shown([99, 101, 102, 300], values, {}, { frame: 2 })).toEqual([0, 50, 100, 255]);
    // That of the image is for frames without one of their own.
    const around = { ...values, WindowCenter: '100', WindowWidth: '1' };
    expect(shown([99, 101, 102, 300], around, {}, { frame: 2 })).toEqual([0, 50, 100, 255]);
    expect(shown([99, 101, 102, 300], around, {}, { frame: 1 })).toEqual([0, 255, 255, 255]);
  });
});

describe('stored values', () => {
  const values = { WindowCenter: '0', WindowWidth: '4096', VOILUTFunction: 'LINEAR_EXACT' };

  test('are two’s complement of Bits Stored where the representation is signed, whatever the bits above hold', () => {
    const signed = { isSigned: true, bitsStored: 12, highBit: 11 };
    expect(shown([0x0000, 0x07ff, 0x0800, 0xf800, 0x1000], values, signed)).toEqual([128, 255, 0, 0, 128]);
  });

  test('lie below High Bit, which need not be the lowest bits', () => {
    const high = { isSigned: true, bitsStored: 12, highBit: 15 };
    expect(shown([0x7ff0, 0x8000, 0x800f], values, high)).toEqual([255, 0, 0]);
  });

  test('of one bit are black and white, also where all of them are the same', () => {
    const bit = { bitsAllocated: 8, bitsStored: 1, highBit: 0 };
    expect([...rendered(Buffer.from([0, 1, 1]), bit).bytes]).toEqual([0, 255, 255]);
    expect([...rendered(Buffer.from([1, 1]), bit).bytes]).toEqual([255, 255]);
    expect([...rendered(Buffer.from([0, 0]), bit).bytes]).toEqual([0, 0]);
  });

  test('of 32 and 64 bits, float and double go through the same formulae', () => {
    const window = { WindowCenter: '100000', WindowWidth: '100001' };
    const stored = [50_000, 100_000, 150_000];
    const wide = (bits: number, write: (to: Buffer, value: number, at: number) => void): Buffer => {
      const bytes = Buffer.alloc((bits / 8) * stored.length);
      stored.forEach((value, index) => write(bytes, value, (bits / 8) * index));
      return bytes;
    };
    const integers = wide(32, (to, value, at) => to.writeUInt32LE(value, at));
    const whole = wide(64, (to, value, at) => to.writeBigInt64LE(BigInt(value), at));
    const floats = wide(32, (to, value, at) => to.writeFloatLE(value, at));
    const doubles = wide(64, (to, value, at) => to.writeDoubleLE(value, at));
    const bits32 = { bitsAllocated: 32, bitsStored: 32, highBit: 31 };
    const bits64 = { bitsAllocated: 64, bitsStored: 64, highBit: 63, isSigned: true };
    const expected = [0, 128, 255];
    expect([...rendered(integers, bits32, window).bytes]).toEqual(expected);
    expect([...rendered(whole, bits64, window).bytes]).toEqual(expected);
    expect([...rendered(floats, { ...bits32, sample: 'float' }, window).bytes]).toEqual(expected);
    expect([...rendered(doubles, { ...bits64, sample: 'double' }, window).bytes]).toEqual(expected);
  });

  test('that are no numbers are background', () => {
    const floats = Buffer.alloc(12);
    [1, NaN, 2].forEach((value, index) => floats.writeFloatLE(value, 4 * index));
    const frame = { bitsAllocated: 32, bitsStored: 32, highBit: 31, sample: 'float' } as const;
    expect([...rendered(floats, frame).bytes]).toEqual([0, 0, 255]);
  });
});

describe('without a window', () => {
  test('the frame spans from its darkest to its brightest value', () => {
    expect(shown([1000, 1500, 2000])).toEqual([0, 128, 255]);
  });

  test('padding does not count, and the whole of its range looks as the padding value does', () => {
    const padding = { PixelPaddingValue: 0, PixelPaddingRangeLimit: 500 };
    expect(shown([0, 400, 1000, 1500, 2000], padding)).toEqual([0, 0, 0, 128, 255]);
    const window = { WindowCenter: '1000', WindowWidth: '2001' };
    expect(shown([0, 400, 1000], { ...padding, ...window })).toEqual([0, 0, 128]);
  });

  test('a range limit alone, without a padding value, pads nothing', () => {
    expect(shown([0, 50, 100], { PixelPaddingRangeLimit: 0 })).toEqual([0, 128, 255]);
    expect(shown([0, 50, 100], { PixelPaddingRangeLimit: 100 })).toEqual([0, 128, 255]);
  });

  test('padding that is read as unsigned pads signed pixels', () => {
    const padding = { PixelPaddingValue: 63_536 };
    expect(shown([-2000, 0, 100], padding, { isSigned: true })).toEqual([0, 0, 255]);
  });

  test('a frame of padding and one value still tells the two apart', () => {
    expect(shown([0, 5, 5], { PixelPaddingValue: 0 })).toEqual([0, 255, 255]);
  });

  test('a frame of one value lies where it does among all that could be', () => {
    expect(shown([0x8000, 0x8000])).toEqual([128, 128]);
  });

  test('a frame that could have one value only is grey, neither black nor white', () => {
    const table = [datasetOf({ LUTDescriptor: [1, 0, 16], LUTData: [700] })];
    expect(shown([0, 5, 0x8000], { ModalityLUTSequence: table })).toEqual([128, 128, 128]);
  });
});

test('doses are what is stored times their own scaling (C.8.8.3)', () => {
  const dose = { DoseGridScaling: '0.25', WindowCenter: '50', WindowWidth: '100', VOILUTFunction: 'LINEAR_EXACT' };
  expect(shown([0, 200, 400], dose)).toEqual([0, 128, 255]);
});

describe('lookup tables', () => {
  const lut = (descriptor: readonly number[], data: readonly number[]): TestValue => [
    datasetOf({ LUTDescriptor: descriptor, LUTData: data }),
  ];

  test('the modality’s takes the first entry below its range and the last above', () => {
    const values = { ModalityLUTSequence: lut([3, 10, 16], [0, 100, 200]), WindowCenter: '100.5', WindowWidth: '201' };
    expect(shown([0, 10, 11, 12, 500], values)).toEqual([0, 0, 128, 255, 255]);
  });

  test('the modality’s begins below zero where pixels are signed', () => {
    const values = { ModalityLUTSequence: lut([4, 0xfffe, 16], [0, 10, 20, 30]) };
    expect(shown([-5, -2, -1, 0, 1], values, { isSigned: true })).toEqual([0, 0, 85, 170, 255]);
  });

  test('of values of interest are as wide as their descriptor says', () => {
    expect(shown([0, 1, 2], { VOILUTSequence: lut([3, 0, 12], [0, 2048, 4095]) })).toEqual([0, 128, 255]);
    expect(shown([0, 1, 2], { VOILUTSequence: lut([3, 0, 16], [0, 2048, 4095]) })).toEqual([0, 8, 16]);
  });

  test('of values of interest begin below zero where the modality’s values can', () => {
    const values = { RescaleSlope: '1', RescaleIntercept: '-1000', VOILUTSequence: lut([2, 0xffff, 8], [0, 255]) };
    expect(shown([900, 999, 1000], values)).toEqual([0, 0, 255]);
  });

  test('of values of interest come after a window, which is the first alternative', () => {
    const values = { WindowCenter: '1', WindowWidth: '1', VOILUTSequence: lut([2, 0, 8], [255, 0]) };
    expect(shown([0, 1], values)).toEqual([0, 255]);
  });

  test('for presentation map the whole output of the window', () => {
    const values = {
      WindowCenter: '128',
      WindowWidth: '256',
      PresentationLUTSequence: lut(
        [256, 0, 8],
        upTo(256).map((x) => 255 - x),
      ),
    };
    expect(shown([0, 100, 255], values)).toEqual([255, 155, 0]);
  });
});

describe('polarity', () => {
  const window = { WindowCenter: '128', WindowWidth: '256' };
  const inverse = { PresentationLUTShape: 'INVERSE' };

  test('MONOCHROME1 shows low values bright, and a shape that says so too does not turn them again', () => {
    const monochrome1 = { photometricInterpretation: 'MONOCHROME1' };
    expect(shown([0, 100, 255], window, monochrome1)).toEqual([255, 155, 0]);
    expect(shown([0, 100, 255], { ...window, ...inverse }, monochrome1)).toEqual([255, 155, 0]);
  });

  test('the shape INVERSE alone turns too', () => {
    expect(shown([0, 255], { ...window, ...inverse })).toEqual([255, 0]);
  });
});

test('a supplemental palette colours values from its first on and leaves those below grey', () => {
  const values: Values = { PixelPresentation: 'COLOR', WindowCenter: '128', WindowWidth: '256' };
  const palette = Object.fromEntries(
    ['Red', 'Green', 'Blue'].flatMap((colour, index) => [
      [`${colour}PaletteColorLookupTableDescriptor`, [2, 1000, 16]],
      [`${colour}PaletteColorLookupTableData`, [0x1100 * (index + 1), 0xff00]],
    ]),
  );
  const { channels, bytes } = rendered(words([100, 1000, 1001]), {}, { ...values, ...palette });
  expect([channels, ...bytes]).toEqual([3, 100, 100, 100, 0x11, 0x22, 0x33, 255, 255, 255]);
});

test.each([
  ['an unknown Photometric Interpretation', { photometricInterpretation: 'HSV', samplesPerPixel: 3 }],
  ['a palette that is missing', { photometricInterpretation: 'PALETTE COLOR' }],
  ['samples that do not fit the Photometric Interpretation', { samplesPerPixel: 2 }],
  ['a frame that is too short', { rows: 2 }],
])('%s cannot be shown, and says so', (_, frame) => {
  expect(() => rendered(Buffer.alloc(12), frame)).toThrow(CannotDecode);
});
