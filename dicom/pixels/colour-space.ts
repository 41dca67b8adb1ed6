/** Colour by pixel to RGB of 8 bits, by the equations of each Photometric Interpretation (PS3.3 C.7.6.3.1.2). */

interface Range {
  /** Of a sample to 0 … 255. */
  readonly scale: number;
  /** The middle of the range, where colour differences are zero. */
  readonly half: number;
}

/** Writes one pixel's RGB, rounded and clamped by the array itself: a tuple for each would be slow. */
type Equations = (rgb: Uint8ClampedArray, at: number, a: number, b: number, c: number, range: Range) => void;

const asIs: Equations = (rgb, at, r, g, b, { scale }) => {
  rgb[at] = r * scale;
  rgb[at + 1] = g * scale;
  rgb[at + 2] = b * scale;
};

const ybrFull: Equations = (rgb, at, y, cb, cr, { scale, half }) => {
  const blue = cb - half;
  const red = cr - half;
  rgb[at] = (y + 1.402 * red) * scale;
  rgb[at + 1] = (y - 0.344136 * blue - 0.714136 * red) * scale;
  rgb[at + 2] = (y + 1.772 * blue) * scale;
};

/** ITU-R BT.601: black at 16 and white at 235 of 255, colour differences from 16 to 240. */
const ybrPartial: Equations = (rgb, at, y, cb, cr, range) => {
  const { half } = range;
  const black = half / 8;
  ybrFull(
    rgb,
    at,
    (255 / 219) * (y - black),
    (cb - half) * (255 / 224) + half,
    (cr - half) * (255 / 224) + half,
    range,
  );
};

/** The reversible transform of JPEG 2000 (ISO/IEC 15444-1 Annex G.2): exact in whole numbers. */
const ybrReversible: Equations = (rgb, at, y, cb, cr, range) => {
  const blue = cb - range.half;
  const red = cr - range.half;
  const green = y - Math.floor((blue + red) / 4);
  asIs(rgb, at, red + green, green, blue + green, range);
};

const equations: Readonly<Record<string, Equations>> = {
  RGB: asIs,
  YBR_FULL: ybrFull,
  YBR_FULL_422: ybrFull,
  YBR_PARTIAL: ybrPartial,
  YBR_PARTIAL_422: ybrPartial,
  YBR_PARTIAL_420: ybrPartial,
  // The irreversible transform of JPEG 2000 has the coefficients of YBR_FULL.
  YBR_ICT: ybrFull,
  YBR_RCT: ybrReversible,
};

export function isColour(photometricInterpretation: string): boolean {
  return Object.hasOwn(equations, photometricInterpretation);
}

/**
 * @param samples  three a pixel, of `bits` bits each
 * @returns three bytes a pixel
 */
export function toRgb(samples: ArrayLike<number>, photometricInterpretation: string, bits: number): Uint8Array {
  if (photometricInterpretation === 'RGB' && bits === 8) return new Uint8Array(samples);
  const convert = equations[photometricInterpretation] as Equations;
  const range = { scale: 255 / (2 ** bits - 1), half: 2 ** (bits - 1) };
  const rgb = new Uint8ClampedArray(samples.length);
  for (let at = 0; at + 2 < rgb.length; at += 3)
    convert(rgb, at, samples[at] as number, samples[at + 1] as number, samples[at + 2] as number, range);
  return new Uint8Array(rgb.buffer);
}
