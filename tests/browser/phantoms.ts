/**
 * Images that hold every stored value there is, side by side, and the 8-bit picture that PS3.3 C.11 makes of them: the formulae
 * of the standard as they stand there, apart from all code of ours.
 */
import type { Attributes } from '#samples/write.ts';
import { bareSlice } from './bare-slice.ts';

export interface Phantom {
  name: string;
  attributes: Attributes;
  /** of the pixel at an index: grey, or red, green and blue */
  expected: (at: number) => number | readonly [number, number, number];
}

const side = 512;
const pixels = side * side;
const common = bareSlice('phantoms');

const clamp = (y: number) => Math.min(Math.max(y, 0), 1);
const grey = (y: number) => Math.round(255 * clamp(y));

/** C.11.2.1.2.1, as its pseudo-code says it. */
const linear = (c: number, w: number) => (x: number) =>
  x <= c - 0.5 - (w - 1) / 2 ? 0 : x > c - 0.5 + (w - 1) / 2 ? 1 : (x - (c - 0.5)) / (w - 1) + 0.5;
/** C.11.2.1.3.2 */
const linearExact = (c: number, w: number) => (x: number) =>
  x <= c - w / 2 ? 0 : x > c + w / 2 ? 1 : (x - c) / w + 0.5;
/** C.11.2.1.3.1 */
const sigmoid = (c: number, w: number) => (x: number) => 1 / (1 + Math.exp((-4 * (x - c)) / w));

/** Every value of so many bits, again and again; what stands in the other bits is not part of it. */
function words(valueAt: (at: number) => number): Uint8Array {
  return new Uint8Array(Uint16Array.from({ length: pixels }, (_, at) => valueAt(at) & 0xffff).buffer);
}

const unsigned = (bits: number) => (at: number) => at % 2 ** bits;
const signed = (bits: number) => (at: number) => (at % 2 ** bits) - 2 ** (bits - 1);

interface Grey {
  bits: number;
  isSigned?: boolean;
  /** stored value to 0 … 1 */
  shown: (stored: number) => number;
  more?: Attributes;
}

function greyPhantom(name: string, { bits, isSigned = false, shown, more = {} }: Grey): Phantom {
  const valueAt = isSigned ? signed(bits) : unsigned(bits);
  return {
    name,
    attributes: {
      ...common,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: side,
      Columns: side,
      BitsAllocated: 16,
      BitsStored: bits,
      HighBit: bits - 1,
      PixelRepresentation: isSigned ? 1 : 0,
      PixelData: words(valueAt),
      ...more,
    },
    expected: (at) => grey(shown(valueAt(at))),
  };
}

function colourPhantom(
  name: string,
  sampleAt: (at: number) => readonly [number, number, number],
  shown: (sample: readonly [number, number, number]) => readonly [number, number, number],
  more: Attributes,
): Phantom {
  const planar = more['PlanarConfiguration'] === 1;
  const bytes = new Uint8Array(3 * pixels);
  for (let at = 0; at < pixels; at += 1) {
    const sample = sampleAt(at);
    for (let plane = 0; plane < 3; plane += 1) bytes[planar ? plane * pixels + at : 3 * at + plane] = sample[plane]!;
  }
  return {
    name,
    attributes: {
      ...common,
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
      Modality: 'OT',
      SamplesPerPixel: 3,
      PlanarConfiguration: 0,
      Rows: side,
      Columns: side,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      PixelData: bytes,
      ...more,
    },
    expected: (at) => shown(sampleAt(at)),
  };
}

const window = (WindowCenter: number, WindowWidth: number, VOILUTFunction = 'LINEAR') => ({
  WindowCenter,
  WindowWidth,
  VOILUTFunction,
});

const modalityTable = Array.from({ length: 4096 }, (_, at) => Math.round((at * at) / 300));
const voiTable = Array.from({ length: 1024 }, (_, at) => Math.round(4095 * Math.sqrt(at / 1023)));
const tableOf = (entries: readonly number[]) => new Uint8Array(Uint16Array.from(entries).buffer);
const ramp = Array.from({ length: 256 }, (_, at) => at * 257);
const hues = (at: number) => [at & 255, (at >> 8) & 255, (at >> 10) & 255] as const;
const asByte = (value: number) => Math.min(Math.max(Math.round(value), 0), 255);

export const phantoms: Phantom[] = [
  greyPhantom('MONOCHROME2, 12 bits, unsigned, LINEAR', {
    bits: 12,
    shown: linear(2000, 3000),
    more: window(2000, 3000),
  }),
  greyPhantom('MONOCHROME2, 16 bits, signed, LINEAR', {
    bits: 16,
    isSigned: true,
    shown: linear(-300, 20_001),
    more: window(-300, 20_001),
  }),
  greyPhantom('MONOCHROME1, 12 bits', {
    bits: 12,
    shown: (x) => 1 - linear(2000, 3000)(x),
    more: { PhotometricInterpretation: 'MONOCHROME1', ...window(2000, 3000) },
  }),
  greyPhantom('a rescale of 0.25 and -300.5', {
    bits: 12,
    shown: (x) => linear(100, 400)(0.25 * x - 300.5),
    more: { RescaleSlope: 0.25, RescaleIntercept: -300.5, ...window(100, 400) },
  }),
  greyPhantom('a window of width 1 is a threshold', {
    bits: 12,
    shown: (x) => (x <= 1999.5 ? 0 : 1),
    more: window(2000, 1),
  }),
  greyPhantom('LINEAR_EXACT', {
    bits: 12,
    shown: linearExact(1000, 333),
    more: window(1000, 333, 'LINEAR_EXACT'),
  }),
  greyPhantom('SIGMOID', { bits: 12, shown: sigmoid(2048, 1500), more: window(2048, 1500, 'SIGMOID') }),
  greyPhantom('SIGMOID of MONOCHROME1', {
    bits: 12,
    shown: (x) => 1 - sigmoid(2048, 1500)(x),
    more: { PhotometricInterpretation: 'MONOCHROME1', ...window(2048, 1500, 'SIGMOID') },
  }),
  greyPhantom('a VOI LUT Sequence', {
    bits: 12,
    shown: (x) => voiTable[Math.min(Math.max(x - 500, 0), 1023)]! / 4095,
    more: { VOILUTSequence: [{ LUTDescriptor: [1024, 500, 12], LUTData: tableOf(voiTable) }] },
  }),
  greyPhantom('a Modality LUT Sequence', {
    bits: 12,
    shown: (x) => linear(25_000, 40_000)(modalityTable[x]!),
    more: {
      ModalityLUTSequence: [{ LUTDescriptor: [4096, 0, 16], ModalityLUTType: 'US', LUTData: tableOf(modalityTable) }],
      ...window(25_000, 40_000),
    },
  }),
  greyPhantom('no window: from the smallest value to the largest', { bits: 12, shown: (x) => x / 4095 }),
  greyPhantom('one value of which a Modality LUT leaves no other', {
    bits: 12,
    shown: () => 0.5,
    more: { ModalityLUTSequence: [{ LUTDescriptor: [1, 0, 16], ModalityLUTType: 'US', LUTData: tableOf([700]) }] },
  }),
  greyPhantom('padding is background, and no part of the range', {
    bits: 12,
    shown: (x) => (x >= 4000 ? 1 : x / 3999),
    more: { PixelPaddingValue: 4095, PixelPaddingRangeLimit: 4000 },
  }),
  greyPhantom('padding of MONOCHROME1 with a window', {
    bits: 12,
    shown: (x) => 1 - linear(2000, 3000)(x <= 100 ? 0 : x),
    more: {
      PhotometricInterpretation: 'MONOCHROME1',
      PixelPaddingValue: 0,
      PixelPaddingRangeLimit: 100,
      ...window(2000, 3000),
    },
  }),
  greyPhantom('Presentation LUT Shape INVERSE', {
    bits: 12,
    shown: (x) => 1 - linear(2000, 3000)(x),
    more: { PresentationLUTShape: 'INVERSE', ...window(2000, 3000) },
  }),
  greyPhantom('Presentation LUT Shape INVERSE of MONOCHROME1, which says it twice', {
    bits: 12,
    shown: (x) => 1 - linear(2000, 3000)(x),
    more: { PhotometricInterpretation: 'MONOCHROME1', PresentationLUTShape: 'INVERSE', ...window(2000, 3000) },
  }),
  {
    ...greyPhantom('PALETTE COLOR, 16 bits', {
      bits: 8,
      shown: () => 0,
      more: {
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
        Modality: 'OT',
        PhotometricInterpretation: 'PALETTE COLOR',
        RedPaletteColorLookupTableDescriptor: [256, 0, 16],
        GreenPaletteColorLookupTableDescriptor: [256, 0, 16],
        BluePaletteColorLookupTableDescriptor: [256, 0, 16],
        RedPaletteColorLookupTableData: tableOf(ramp),
        GreenPaletteColorLookupTableData: tableOf(ramp.toReversed()),
        BluePaletteColorLookupTableData: tableOf(ramp.map((value) => value >> 1)),
      },
    }),
    expected: (at) => [at % 256, 255 - (at % 256), (at % 256) >> 1],
  },
  // C.7.6.19
  {
    ...greyPhantom('Supplemental Palette Color from 3840 on', {
      bits: 12,
      shown: () => 0,
      more: {
        ...window(1920, 3840),
        PixelPresentation: 'COLOR',
        RedPaletteColorLookupTableDescriptor: [256, 3840, 16],
        GreenPaletteColorLookupTableDescriptor: [256, 3840, 16],
        BluePaletteColorLookupTableDescriptor: [256, 3840, 16],
        RedPaletteColorLookupTableData: tableOf(ramp),
        GreenPaletteColorLookupTableData: tableOf(ramp.toReversed()),
        BluePaletteColorLookupTableData: tableOf(ramp.map((value) => value >> 1)),
      },
    }),
    expected: (at) => {
      const stored = at % 4096;
      const index = stored - 3840;
      return index < 0 ? grey(linear(1920, 3840)(stored)) : [index, 255 - index, index >> 1];
    },
  },
  colourPhantom('RGB by pixel', hues, (rgb) => rgb, { PhotometricInterpretation: 'RGB' }),
  colourPhantom('RGB by plane', hues, (rgb) => rgb, { PhotometricInterpretation: 'RGB', PlanarConfiguration: 1 }),
  // C.7.6.3.1.2
  colourPhantom(
    'YBR_FULL',
    hues,
    ([y, b, r]) => [
      asByte(y + 1.402 * (r - 128)),
      asByte(y - 0.344136 * (b - 128) - 0.714136 * (r - 128)),
      asByte(y + 1.772 * (b - 128)),
    ],
    { PhotometricInterpretation: 'YBR_FULL' },
  ),
];
