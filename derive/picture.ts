/**
 * Rendered frames as picture files: JPEG, PNG or WebP, the whole frame or a region of it, in the size that was asked for
 * (PS3.18 Section 8.3.5.1), a few at a time.
 */
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import type { ViewportParameter } from '#dicom/web/rendered-parameters.ts';
import { pictureTurn } from './picture-turns.ts';

export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'] as const;
export type PictureType = (typeof pictureTypes)[number];

export interface PictureOptions {
  readonly type: PictureType;
  /** Without a size, a region is as large as it is in the image. */
  readonly viewport?: Partial<ViewportParameter> | undefined;
  /** Frames smaller than the viewport stay as small as they are. */
  readonly withoutEnlargement?: boolean;
  /** 1 … 100, of JPEG and WebP. */
  readonly quality?: number | undefined;
}

/** The region lies outside of the frame. */
export class BadRegion extends Error {
  override name = 'BadRegion';
}

/** The picture has more pixels in a row or column than the type can hold. */
export class TooLargeForType extends Error {
  override name = 'TooLargeForType';
}

const defaultQuality = 90;
/** Sharper ones draw a light rim and a dark one along each edge: around graphics, a shutter, metal, and lungs, where there is none. */
const withoutRims = 'linear';
const longestSide: Readonly<Record<PictureType, number>> = {
  'image/jpeg': 65_535,
  'image/png': Infinity,
  'image/webp': 16_383,
};

let sharpModule: ReturnType<typeof openSharp> | undefined;

/** With the first picture: a program that has just started has none to make, and loads a tenth less. */
async function openSharp() {
  const { default: sharp } = await import('sharp');
  // One picture at a time on one thread: who reads and who sends comes first.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

/** @throws BadRegion, TooLargeForType, PixelPoolSaturated, the signal's reason */
export async function encodePicture(
  frame: RenderedFrame,
  options: PictureOptions,
  signal?: AbortSignal,
): Promise<Buffer> {
  const { rows, columns } = frame;
  const { type, viewport } = options;
  const region = regionOf(frame, viewport?.region);
  const { whole } = frame;
  const size = sizeOf(whole ? { width: whole.columns, height: whole.rows } : region, frame, options);
  if (Math.max(size.width, size.height) > longestSide[type])
    throw new TooLargeForType(`${type} has at most ${longestSide[type]} pixels a side; ask for a viewport`);
  const pixels = Math.max(rows * columns, size.width * size.height);
  return pictureTurn(pixels, () => encode(frame, options, region, size), signal);
}

async function encode(
  { rows, columns, channels, bytes }: RenderedFrame,
  { type, viewport, quality = defaultQuality }: PictureOptions,
  region: ReturnType<typeof regionOf>,
  size: Size,
): Promise<Buffer> {
  const raw = { width: columns, height: rows, channels };
  // One that could not be loaded is loaded by whoever comes next.
  sharpModule ??= openSharp().catch((error: unknown) => {
    sharpModule = undefined;
    throw error;
  });
  const sharp = await sharpModule;
  let picture = sharp(bytes, { raw, limitInputPixels: false });
  if (viewport) {
    if (viewport.region) picture = picture.extract(region);
    if ((viewport.region?.width ?? 0) < 0) picture = picture.flop();
    if ((viewport.region?.height ?? 0) < 0) picture = picture.flip();
    picture = picture.resize(size.width, size.height, { fit: 'fill', kernel: withoutRims });
  }
  // Grey stays one channel.
  if (channels === 1) picture = picture.toColourspace('b-w');
  if (type === 'image/png') return picture.png({ compressionLevel: 6 }).toBuffer();
  if (type === 'image/webp') return picture.webp({ quality, effort: 2 }).toBuffer();
  // Colour differences at full resolution: text in secondary captures and ultrasound stays readable. Huffman tables of its
  // own make a picture 7 % smaller, of the same pixels, and take longer than all else that its encoding takes.
  return picture.jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: false }).toBuffer();
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of a region that lies on the frame. @throws BadRegion */
function regionOf(
  { columns, rows }: RenderedFrame,
  region: ViewportParameter['region'],
): Size & { left: number; top: number } {
  const { x = 0, y = 0, width = columns - x, height = rows - y } = region ?? {};
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const right = Math.min(columns, Math.ceil(x + Math.abs(width)));
  const bottom = Math.min(rows, Math.ceil(y + Math.abs(height)));
  if (right <= left || bottom <= top)
    throw new BadRegion(`the region lies outside of ${columns} columns and ${rows} rows`);
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * As large as the viewport takes it, not distorted (8.3.5.1.3), so with pixels in their own shape; without a viewport one pixel
 * of the picture for each of the image.
 */
function sizeOf(
  { width, height }: Size,
  { pixelAspect = 1 }: RenderedFrame,
  { viewport, withoutEnlargement = false }: PictureOptions,
): Size {
  if (viewport?.width === undefined || viewport.height === undefined) return { width, height };
  const wide = width * Math.max(1, 1 / pixelAspect);
  const high = height * Math.max(1, pixelAspect);
  const factor = Math.min(viewport.width / wide, viewport.height / high, withoutEnlargement ? 1 : Infinity);
  return { width: Math.max(1, Math.round(wide * factor)), height: Math.max(1, Math.round(high * factor)) };
}
