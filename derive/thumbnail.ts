/**
 * The small picture of a series for lists: WebP, at most 256 pixels wide and high.
 */
import sharp, { type Sharp } from 'sharp';

import type { FrameDescription } from './frame-description.ts';
import { CannotShow, renderFrame } from './picture.ts';

export const thumbnailMediaType = 'image/webp';
const sizePixels = 256;
const quality = 78;

// One frame at a time on one thread: who reads and who sends comes first.
sharp.concurrency(1);
sharp.cache(false);

/** @param frame one native frame @throws CannotShow */
export function thumbnailOfFrame(frame: Uint8Array, description: FrameDescription): Promise<Buffer> {
  const { width, height, channels, pixels } = renderFrame(frame, description);
  return webp(sharp(pixels, { raw: { width, height, channels } }));
}

/** @param jpeg one frame of JPEG Baseline, or of JPEG Extended with 8 bits @throws CannotShow */
export async function thumbnailOfJpeg(jpeg: Uint8Array, photometricInterpretation: string): Promise<Buffer> {
  try {
    const picture = sharp(jpeg, { failOn: 'error' });
    return await webp(photometricInterpretation === 'MONOCHROME1' ? picture.negate({ alpha: false }) : picture);
  } catch (cause) {
    throw new CannotShow(`the JPEG decoder says: ${(cause as Error).message}`, { cause });
  }
}

function webp(picture: Sharp): Promise<Buffer> {
  return picture
    .resize(sizePixels, sizePixels, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality, effort: 2 })
    .toBuffer();
}
