/**
 * Rendered frames as picture files: JPEG, PNG or WebP, the whole frame or a region of it, in the size that was asked for
 * (PS3.18 Section 8.3.5.1). sharp works in threads of its own.
 */
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import type { ViewportParameter } from '#dicom/web/rendered-parameters.ts';
import type { Sharp } from 'sharp';

export const pictureTypes = ['image/jpeg', 'image/png', 'image/webp'] as const;
export type PictureType = (typeof pictureTypes)[number];

export interface PictureOptions {
  readonly type: PictureType;
  readonly viewport?: ViewportParameter | undefined;
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

/** @throws BadRegion, TooLargeForType */
export async function encodePicture(frame: RenderedFrame, options: PictureOptions): Promise<Buffer> {
  const { rows, columns, channels, bytes } = frame;
  const { type, viewport, quality = defaultQuality } = options;
  const raw = { width: columns, height: rows, channels };
  // One that could not be loaded is loaded by whoever comes next.
  sharpModule ??= openSharp().catch((error: unknown) => {
    sharpModule = undefined;
    throw error;
  });
  const sharp = await sharpModule;
  let picture = sharp(bytes, { raw, limitInputPixels: false });
  if (viewport) picture = scaled(picture, frame, viewport, options.withoutEnlargement ?? false);
  else if (Math.max(rows, columns) > longestSide[type])
    throw new TooLargeForType(`${type} has at most ${longestSide[type]} pixels a side; ask for a viewport`);
  // Grey stays one channel.
  if (channels === 1) picture = picture.toColourspace('b-w');
  if (type === 'image/png') return picture.png({ compressionLevel: 6 }).toBuffer();
  if (type === 'image/webp') return picture.webp({ quality, effort: 2 }).toBuffer();
  // Colour differences at full resolution: text in secondary captures and ultrasound stays readable.
  return picture.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** The part of the region that lies on the frame, mirrored where an extent is negative, as large as the viewport takes it. */
function scaled(picture: Sharp, frame: RenderedFrame, viewport: ViewportParameter, withoutEnlargement: boolean): Sharp {
  const { x = 0, y = 0, width = frame.columns - x, height = frame.rows - y } = viewport.region ?? {};
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const right = Math.min(frame.columns, Math.ceil(x + Math.abs(width)));
  const bottom = Math.min(frame.rows, Math.ceil(y + Math.abs(height)));
  if (right <= left || bottom <= top)
    throw new BadRegion(`the region lies outside of ${frame.columns} columns and ${frame.rows} rows`);
  let region = picture.extract({ left, top, width: right - left, height: bottom - top });
  if (width < 0) region = region.flop();
  if (height < 0) region = region.flip();
  return region.resize(viewport.width, viewport.height, { fit: 'inside', withoutEnlargement });
}
