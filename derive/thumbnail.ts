/**
 * The small picture of a series for lists: WebP, at most 256 pixels wide and high.
 */
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import { encodePicture, type PictureType } from './picture.ts';

export const thumbnailMediaType = 'image/webp';
export const thumbnailSize = { width: 256, height: 256 };
const quality = 78;

/** @param box  what a client asks for instead (PS3.18 Section 10.4.1.1.4); it is never larger than the frame */
export function encodeThumbnail(
  frame: RenderedFrame,
  box: { readonly width?: number; readonly height?: number; readonly type?: PictureType } = {},
  signal?: AbortSignal,
): Promise<Buffer> {
  const { width = thumbnailSize.width, height = thumbnailSize.height, type = thumbnailMediaType } = box;
  return encodePicture(frame, { type, quality, viewport: { width, height }, withoutEnlargement: true }, signal);
}
