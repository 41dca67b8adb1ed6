/** Query parameters of rendered resources (PS3.18 Section 8.3.5.1): how a picture is to look. */
import { isWindow, type VoiLutFunction, type Window } from '../pixels/voi-lut.ts';
import { BadParameter } from './query-parameters.ts';

/** A box of pixels that a region of the image is scaled into (8.3.5.1.3); the whole image where there is no region. */
export interface ViewportParameter {
  readonly width: number;
  readonly height: number;
  /** In pixels of the image. Negative extents mirror it. */
  readonly region?: { readonly x: number; readonly y: number; readonly width?: number; readonly height?: number };
}

export interface RenderedParameters {
  readonly window: Window | undefined;
  /** 1 … 100. */
  readonly quality: number | undefined;
  readonly viewport: ViewportParameter | undefined;
  /** What was asked for and is not done: annotations and colour profiles (8.3.5.1.1, 8.3.5.1.5). */
  readonly ignored: readonly string[];
}

type Query = Readonly<Record<string, unknown>>;

const functions: ReadonlyMap<string, VoiLutFunction> = new Map([
  ['linear', 'LINEAR'],
  ['linear-exact', 'LINEAR_EXACT'],
  ['sigmoid', 'SIGMOID'],
]);
const profiles = ['no', 'yes', 'srgb', 'adobergb', 'rommrgb', 'displayp3'];

/** @param side the longest side of a viewport, in pixels @throws BadParameter */
export function parseRenderedParameters(query: Query, { side }: { readonly side: number }): RenderedParameters {
  const ignored: string[] = [];
  if (single(query, 'annotation') !== undefined) ignored.push('annotation');
  const profile = single(query, 'iccprofile');
  if (profile !== undefined && !profiles.includes(profile))
    throw new BadParameter(`iccprofile is one of ${profiles.join(', ')}`);
  if (profile !== undefined && profile !== 'no') ignored.push('iccprofile');
  return {
    window: parseWindow(single(query, 'window')),
    quality: parseQuality(single(query, 'quality'), 'quality'),
    viewport: parseViewport(single(query, 'viewport'), side),
    ignored,
  };
}

/** Names of those that ask for something: a video has none of it. */
export function givenParameters(query: Query): string[] {
  const names = ['window', 'quality', 'viewport', 'annotation', 'iccprofile'];
  return names.filter((name) => query[name] !== undefined && !(name === 'iccprofile' && query[name] === 'no'));
}

/** The value of a parameter that may stand once. @throws BadParameter */
export function single(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new BadParameter(`${name} is given more than once`);
}

/** @throws BadParameter */
export function parseQuality(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality < 1 || quality > 100) throw new BadParameter(`${name} is a whole number from 1 to 100`);
  return quality;
}

/** @throws BadParameter */
export function decimal(text: string | undefined, name: string): number {
  if (text === undefined || !/^[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?$/.test(text))
    throw new BadParameter(`${name} is a decimal number`);
  return Number(text);
}

/** A side of a viewport. @throws BadParameter */
export function sidePixels(text: string | undefined, name: string, most: number): number {
  const pixels = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (pixels < 1 || pixels > most) throw new BadParameter(`${name} is a whole number from 1 to ${most}`);
  return pixels;
}

/** `center,width,function` (8.3.5.1.4). */
function parseWindow(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [center, width, name = '', ...more] = text.split(',');
  const shape = functions.get(name.toLowerCase());
  if (shape === undefined || more.length > 0)
    throw new BadParameter(`window is center,width,function; function is one of ${[...functions.keys()].join(', ')}`);
  const window = {
    center: decimal(center, 'the center of window'),
    width: decimal(width, 'the width of window'),
    function: shape,
  };
  if (!isWindow(window))
    throw new BadParameter(`the width of window is ${shape === 'LINEAR' ? 'at least 1' : 'above 0'}`);
  return window;
}

/** `vw,vh` or `vw,vh,sx,sy,sw,sh`, of which the last four may be left empty (8.3.5.1.3). */
function parseViewport(text: string | undefined, side: number): ViewportParameter | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',');
  if (parts.length < 2 || parts.length > 6) throw new BadParameter('viewport is vw,vh or vw,vh,sx,sy,sw,sh');
  const [vw, vh, sx, sy, sw, sh] = parts;
  const width = sidePixels(vw, 'vw of viewport', side);
  const height = sidePixels(vh, 'vh of viewport', side);
  if (parts.length === 2) return { width, height };
  const given = (value: string | undefined, name: string): number | undefined =>
    value ? decimal(value, `${name} of viewport`) : undefined;
  const [regionWidth, regionHeight] = [given(sw, 'sw'), given(sh, 'sh')];
  if (regionWidth === 0 || regionHeight === 0) throw new BadParameter('sw and sh of viewport are not 0');
  return {
    width,
    height,
    region: {
      x: given(sx, 'sx') ?? 0,
      y: given(sy, 'sy') ?? 0,
      ...(regionWidth !== undefined && { width: regionWidth }),
      ...(regionHeight !== undefined && { height: regionHeight }),
    },
  };
}
